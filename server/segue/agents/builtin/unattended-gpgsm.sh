#!/bin/sh
# The same for gpgsm: the name of this file says what it stands in for.
. "${0%/*}/unattended-gpg.sh"
