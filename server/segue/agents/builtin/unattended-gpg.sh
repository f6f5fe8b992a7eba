#!/bin/sh
# Stands in for gpg and gpgsm where git of an agent or of its commands signs: a passphrase that is not cached fails at
# once with a sentence. A pinentry, in a window or on a terminal, would wait for a user who does not know that it is there.
case ${0##*/} in
  *gpgsm*) names='gpg[.]x509[.]program' program=gpgsm ;;
  *) names='gpg[.](openpgp[.])?program' program=gpg ;;
esac
unset GIT_CONFIG_COUNT # it names this script
own=$(git config --type=path --get-regexp "^$names\$" 2>/dev/null | tail -n 1)
[ -z "$own" ] || program=${own#* }
case ${program##*/} in
  gpg | gpg2 | gpgsm) "$program" --pinentry-mode=error "$@" ;;
  *) exec "$program" "$@" ;; # it may know no such option
esac
status=$?
if [ $status -ne 0 ]; then
  why="segue: If the key needs a passphrase: nobody can type it here. Unlock it in a terminal of your own\
 (echo | gpg --sign > /dev/null), then try again, or commit with --no-gpg-sign."
  # git before 2.41 shows nothing of what this says, so it goes where git itself writes.
  { echo "$why" >> "/proc/$PPID/fd/2"; } 2>/dev/null || echo "$why" >&2
fi
exit $status
