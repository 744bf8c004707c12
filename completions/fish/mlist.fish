# fish completion for mlist(1)
#
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The mailverbs authors

# The accounts of the configuration, of the one that the command line names where it does.
function __fish_mailverbs_accounts
    set -l dir $XDG_CONFIG_HOME
    test -n "$dir"; or set dir ~/.config
    set -l file $dir/mailverbs/config.ini
    set -l words (commandline -opc)
    for i in (seq (count $words))
        switch $words[$i]
            case '--config=*'
                set file (string replace -- --config= '' $words[$i])
            case -C --config
                set -q words[(math $i + 1)]; and set file $words[(math $i + 1)]
        end
    end
    set file (string replace -r '^~/' ~/ -- $file)
    sed -n 's/^\[\([^]]*\)\].*/\1/p' $file /etc/mailverbs/config.ini 2>/dev/null
end

function __fish_mailverbs_providers
    set -l dir $XDG_CONFIG_HOME
    test -n "$dir"; or set dir ~/.config
    printf '%s\n' auto none
    sed -n 's/^\[\([^]]*\)\].*/\1/p' $dir/mailverbs/providers.ini \
        /usr/local/share/mailverbs/providers.ini /usr/share/mailverbs/providers.ini 2>/dev/null
end

# "number,si" is completed by what may follow the last comma.
function __fish_mailverbs_columns
    set -l typed (string replace -r -- '^(--columns=|-o)' '' (commandline -ct))
    set -l before (string replace -r -- '[^,]*$' '' "$typed")
    printf '%s\n' "$before"{number,uid,size,flags,date,from,to,cc,subject,message-id}
end

set -l tool mlist

complete -c $tool -f
complete -c $tool -a 'all new first: last: uid: -'
complete -c $tool -l search -x -d 'only messages that match (IMAP)'
complete -c $tool -s o -l columns -x -a '(__fish_mailverbs_columns)' -d 'which columns'
complete -c $tool -l folders -d 'the IMAP folders, and how much is in each'
complete -c $tool -l json -d 'one JSON object a line'
complete -c $tool -s c -l count -d 'only the number of messages and their octets'
complete -c $tool -s e -l exit-status -d 'exit with 1 when nothing is listed'
complete -c $tool -s a -l account -x -a '(__fish_mailverbs_accounts)' -d 'section of the configuration, or a mail address'
complete -c $tool -s C -l config -r -F -d 'read this configuration'
complete -c $tool -s s -l server -x -a 'smtps:// smtp:// smtp+insecure:// pop3s:// pop3:// pop3+insecure:// imaps:// imap:// imap+insecure://' -d 'the server'
complete -c $tool -l folder -x -d 'IMAP folder'
complete -c $tool -l provider -x -a '(__fish_mailverbs_providers)' -d 'preset of providers.ini'
complete -c $tool -s u -l user -x -d 'login name'
complete -c $tool -l auth -x -a 'auto none plain login user apop cram-md5 digest-md5 scram-sha-1 scram-sha-1-plus scram-sha-256 scram-sha-256-plus xoauth2 oauthbearer external gssapi' -d 'how to log in'
complete -c $tool -l password-command -x -a '(__fish_complete_command)' -d 'its first output line is the password'
complete -c $tool -l tls-ca-file -r -F -d 'trust these certificates'
complete -c $tool -l tls-pin -x -d 'accept exactly these public keys'
complete -c $tool -l tls-cert-file -r -F -d 'client certificate'
complete -c $tool -l tls-key-file -r -F -d 'its private key'
complete -c $tool -l tls-host -x -a '(__fish_print_hostnames)' -d 'the name expected in the certificate'
complete -c $tool -l tls-priority -x -d 'GnuTLS priority string'
complete -c $tool -l tunnel -x -a '(__fish_complete_command)' -d 'talk to this command instead of a socket'
complete -c $tool -l proxy -x -a 'socks5://' -d 'SOCKS 5 proxy'
complete -c $tool -s 4 -l ipv4 -d 'IPv4 only'
complete -c $tool -s 6 -l ipv6 -d 'IPv6 only'
complete -c $tool -l source-ip -x -d 'connect from this address'
complete -c $tool -l compress -d 'IMAP: compress the conversation where the server can'
complete -c $tool -l timeout -x -d 'longest wait for any one answer, in seconds'
complete -c $tool -l login-delay -x -a 'refuse wait ignore' -d 'too early for the server\'s LOGIN-DELAY'
complete -c $tool -s S -l probe -d 'show what the server is and whether the login works'
complete -c $tool -s n -l dry-run -d 'show settings and what would be done; change nothing'
complete -c $tool -s v -l verbose -d 'show the conversation'
complete -c $tool -s q -l quiet -d 'errors only'
complete -c $tool -s h -l help -d 'show the options'
complete -c $tool -l version -d 'show the version'
