# fish completion for msend(1)
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

set -l tool msend

complete -c $tool -f
complete -c $tool -s f -l from -x -d 'envelope sender'
complete -c $tool -s t -l read-recipients -d 'also send to the addresses in To, Cc and Bcc'
complete -c $tool -s F -l full-name -x -d 'the name for a From that has to be added'
complete -c $tool -l queue -d 'keep what cannot be sent now, and succeed'
complete -c $tool -l queue-lifetime -x -a '12h 1d 5d 2w' -d 'how long it is kept'
complete -c $tool -s q -l flush -d 'send what is kept'
complete -c $tool -l list-queue -d 'show what is kept'
complete -c $tool -s X -l log -r -F -d 'add a line for each message to this file, or to syslog'
complete -c $tool -l partial -d 'send to the accepted recipients when others are refused'
complete -c $tool -s N -l dsn-notify -x -a 'never success failure delay success,failure,delay' -d 'report: never, or on success,failure,delay'
complete -c $tool -s R -l dsn-return -x -a 'full headers' -d 'what of the message a report shows'
complete -c $tool -s V -l envelope-id -x -d 'what a report calls the message by'
complete -c $tool -l require-tls -d 'only over TLS, all the way to the recipient'
complete -c $tool -l deliver-by -x -d 'return it, or tell, when it takes longer'
complete -c $tool -l hold-for -x -d 'the server sends it on after this time'
complete -c $tool -l hold-until -x -d 'the server sends it on at this moment'
complete -c $tool -l priority -x -d 'of its transfer, -9 to 9'
complete -c $tool -l batch -d 'operands are message files, sent over one connection'
complete -c $tool -l mbox -d 'standard input is an mbox, sent message by message'
complete -c $tool -l connections -x -d 'share a batch among so many connections'
complete -c $tool -s a -l account -x -a '(__fish_mailverbs_accounts)' -d 'section of the configuration, or a mail address'
complete -c $tool -s C -l config -r -F -d 'read this configuration'
complete -c $tool -s s -l server -x -a 'smtps:// smtp:// smtp+insecure:// lmtp:// lmtp+unix:// pop3s:// pop3:// pop3+insecure://' -d 'the server'
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
complete -c $tool -l timeout -x -d 'longest wait for any one answer, in seconds'
complete -c $tool -s S -l probe -d 'show what the server is and whether the login works'
complete -c $tool -s P -l dry-run -d 'show settings and what would be done; change nothing'
complete -c $tool -s v -l verbose -d 'show the conversation'
complete -c $tool -l quiet -d 'errors only'
complete -c $tool -s h -l help -d 'show the options'
complete -c $tool -l version -d 'show the version'
