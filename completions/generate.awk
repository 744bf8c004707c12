# SPDX-License-Identifier: ISC
#
# generate.awk - makes a tool's completion for a shell from the table of settings.
#
#	list_settings | awk -v tool=mlist -v shell=zsh -f generate.awk - completions/zsh.in
#
# In the template @tool@ stands for the tool's name, and the line @options@ for a line per option,
# @operands@ for the one about operands.

BEGIN {
	FS = "\t"
	operands["msend"] = ""
	operands["mfetch"] = operands["mlist"] = operands["mdel"] = operands["mmark"] = "all new first: last: uid: -"
	operands["maccount"] = "add discover import login token status logout providers"
}

# Within single quotes of a POSIX shell (fish: with backslashes).
function quoted(text) {
	if (shell == "fish")
		gsub(/'/, "\\'", text)
	else
		gsub(/'/, "'\\''", text)
	return text
}

function first_word(text) {
	sub(/ .*/, "", text)
	return text
}

function rest(text) {
	return sub(/^[^ ]* /, "", text) ? text : ""
}

# LETTER --NAME VALUES, as _mailverbs_complete() reads it; an optional value's are in brackets.
function bash_option(name, letter, is_optional, values) {
	if (letter == "")
		return "\t\t- --" name " " (is_optional ? "[" values "]" : values)
	return "\t\t-" letter " --" name " " (is_optional ? "[" values "]" : values)
}

function zsh_option(name, letter, is_optional, values, arg, help, is_repeatable,    suffix, action, spec) {
	gsub(/\[/, "\\[", help)
	gsub(/\]/, "\\]", help)
	gsub(/:/, "\\:", arg)
	gsub(/[][]/, "", arg)
	sub(/^=/, "", arg)
	suffix = values == "-" ? "" : is_optional ? "=-" : "="
	if (values != "-") {
		action = ":" arg ":" zsh_value(values)
		if (is_optional)
			action = ":" action
	}
	spec = "[" quoted(help) "]" quoted(action) "'"
	if (letter == "")
		return "\t'" (is_repeatable ? "*" : "") "--" name suffix spec " \\"
	return "\t" (is_repeatable ? "'*'" : "'(-" letter " --" name ")'") "{-" letter \
		(values == "-" ? "" : is_optional ? "-" : "+") ",--" name suffix "}'" spec " \\"
}

function zsh_value(values,    kind, words) {
	kind = first_word(values)
	words = rest(values)
	if (kind == "words" && words ~ /[:\/]/) {
		return "compadd -S '' - " words
	}
	if (kind == "words")
		return "(" words ")"
	if (kind == "list")
		return "_sequence compadd - " words
	if (kind == "file")
		return "_files"
	if (kind == "dir")
		return "_files -/"
	if (kind == "command")
		return "_cmdstring"
	if (kind == "host")
		return "_hosts"
	if (kind == "account" || kind == "provider")
		return "_mailverbs_" kind "s"
	return ""
}

function fish_values(values, is_optional,    kind, words) {
	kind = first_word(values)
	words = rest(values)
	if (kind == "words" || kind == "list")
		return (is_optional ? " -f" : " -x") " -a '" words "'"
	if (kind == "file")
		return " -r -F"
	if (kind == "dir")
		return " -x -a '(__fish_complete_directories (commandline -ct))'"
	if (kind == "command")
		return " -x -a '(__fish_complete_command)'"
	if (kind == "host")
		return " -x -a '(__fish_print_hostnames)'"
	if (kind == "account" || kind == "provider")
		return " -x -a '(__fish_mailverbs_" kind "s)'"
	return kind == "text" ? " -x" : ""
}

function fish_option(name, letter, is_optional, values, help) {
	return "complete -c $tool" (letter == "" ? "" : " -s " letter) " -l " name \
		fish_values(values, is_optional) " -d '" quoted(help) "'"
}

function operand_line(    words) {
	words = operands[tool]
	if (shell == "bash")
		return "\t' " words
	if (shell == "fish")
		return words == "" ? "" : "complete -c $tool -a '" words "'"
	if (tool == "msend")
		return "\t'*:message file:{ (( ${words[(I)--batch]} )) && _files }'"
	if (tool == "maccount")
		return "\t'*:operand:{ (( ${words[(I)import]} )) && _files || _mailverbs_operands " words " }'"
	return "\t'*:operand:_mailverbs_operands " words "'"
}

FNR == NR {
	if ($1 != tool || $6 !~ /option/ || $6 ~ /hidden/ || $2 == "-")
		next
	letter = $3 == "-" ? "" : substr($3, 1, 1)
	is_optional = $5 ~ /^\[/
	if (shell == "bash")
		options[++count] = bash_option($2, letter, is_optional, $7)
	else if (shell == "zsh")
		options[++count] = zsh_option($2, letter, is_optional, $7, $5, $8, $6 ~ /repeated/)
	else
		options[++count] = fish_option($2, letter, is_optional, $7, $8)
	next
}

/^@options@$/ {
	for (i = 1; i <= count; i++)
		print options[i]
	next
}

/^@operands@$/ {
	print operand_line()
	next
}

{
	gsub(/@tool@/, tool)
	print
}
