#!/usr/bin/env bash
# System tests: the real gateway between real peers. Run by `npm run test:system`, as root (Postfix needs it).
# Installs what is missing from Debian; never touches the system's own Postfix (own folders and ports).
#
#   SYSTEM_TEST_MAILS   mails through Postfix, Sekisho, Postfix (default 1000)
#   SYSTEM_TEST_ROUNDS  rounds of kill -9 (default 20)
set -euo pipefail
cd "$(dirname "$0")/../.."
export PATH="$PWD/node_modules/.bin:/usr/sbin:$PATH"

fail() { echo "test:system: $*" >&2; exit 1; }

[ -x node_modules/.bin/vitest ] || fail "run 'npm ci' first"
[ "$(id -u)" = 0 ] || fail "must run as root: Postfix starts as root and changes to its own users (try: sudo -E npm run test:system)"

missing=()
for pair in exiftool:libimage-exiftool-perl tiffinfo:libtiff-tools identify:imagemagick postfix:postfix swaks:swaks curl:curl age:age age-keygen:age python3:python3 openssl:openssl slapd:slapd ldapadd:ldap-utils haproxy:haproxy systemd-analyze:systemd mkfs.ext4:e2fsprogs bwrap:bubblewrap clamd:clamav-daemon unzip:unzip zip:zip 7zz:7zip bsdtar:libarchive-tools genisoimage:genisoimage zstd:zstd \
  qpdf:qpdf pdftotext:poppler-utils localc:libreoffice-calc lowriter:libreoffice-writer loimpress:libreoffice-impress chromium:chromium; do
  command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
done
# swaks speaks TLS only with this.
perl -MNet::SSLeay -e 1 2>/dev/null || missing+=(libnet-ssleay-perl)
# Its mail proxy speaks XCLIENT.
[ -e /usr/lib/nginx/modules/ngx_mail_module.so ] || missing+=(nginx-light libnginx-mod-mail)
# Readers of calendars and cards.
for module in icalendar vobject; do /usr/bin/python3 -c "import $module" 2>/dev/null || missing+=("python3-$module"); done
if [ "${#missing[@]}" -gt 0 ]; then
  command -v apt-get >/dev/null || fail "missing: ${missing[*]}; without apt-get they must be installed by hand"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || fail "apt-get update failed"
  # A freshly installed Postfix must not start: only our own instances run here.
  guard=
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    guard=/usr/sbin/policy-rc.d
    printf '#!/bin/sh\nexit 101\n' >"$guard"
    chmod 755 "$guard"
    trap 'rm -f "$guard"' EXIT
  fi
  echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || fail "apt-get could not install ${missing[*]}"
  if [ -n "$guard" ]; then rm -f "$guard"; fi
fi
if [ -x /usr/sbin/postfix ] && [ ! -d /usr/lib/postfix/sbin ]; then fail "Postfix's programs are not in /usr/lib/postfix/sbin"; fi

vitest run --config test/system/vitest.config.ts "$@"
if [ "$#" -eq 0 ]; then
  vitest run --config test/browser/vitest.config.ts
  # The workers' own tests once more, inside each wall.
  for wall in bubblewrap unshare; do
    SEKISHO_TEST_WALL=$wall vitest run test/unit/workers
    SEKISHO_TEST_WALL=$wall vitest run --config test/system/vitest.config.ts test/system/workers
  done
fi
