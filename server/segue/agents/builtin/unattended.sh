#!/bin/sh
# Stands in for editors and password prompts of agents and their commands: nobody would ever answer those.
if [ -e "${1-}" ]; then
  echo "segue: There is no editor here, because nobody would see it. Give the text as an argument (git commit -m," \
    "git commit --amend --no-edit), or set GIT_EDITOR=true to keep it as it is." >&2
else
  echo "segue: Nobody can type a password or an answer here${1:+ (\"$1\")}. Set up access that needs none, such as" \
    "an SSH agent or a credential helper, or run this command in a terminal of your own." >&2
fi
exit 1
