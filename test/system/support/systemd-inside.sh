#!/usr/bin/env bash
# Becomes systemd, process 1 of namespaces of its own, with our units and nothing of the host's: every folder that it could write to
# is in memory, and what Debian would start first (udev, journal, cleaning of /tmp …) is taken out of its sight.
#   $1 the repository   $2 the port of SMTP
set -euo pipefail
mount --make-rprivate /
# First: the repository may stand in one of the folders that vanish below.
mkdir -p /opt/sekisho
mount --bind "$1" /opt/sekisho
for folder in /run /tmp /var/tmp; do mount -t tmpfs tmpfs "$folder"; done
for target in sysinit sockets timers paths multi-user local-fs basic; do
  wants=/usr/lib/systemd/system/$target.target.wants
  if [ -d "$wants" ]; then mount -t tmpfs tmpfs "$wants"; fi
done
mkdir -p /run/space/{etc,work,lib,opt} /run/lock
mount -t overlay overlay -o lowerdir=/etc,upperdir=/run/space/etc,workdir=/run/space/work /etc
rm -rf /etc/systemd/system/*.wants
mkdir -p /var/lib/sekisho /etc/sekisho /etc/sysusers.d /etc/tmpfiles.d
mount --bind /run/space/lib /var/lib/sekisho
cat >/etc/sekisho/sekisho.yaml <<YAML
dataDir: /var/lib/sekisho
domains: [town.example.jp]
smtp: { port: $2 }
admin: { port: 0 }
portal: { inner: { port: 0 }, outer: { port: 0 }, admin: { port: 0 } }
api: { enabled: true, port: 0, tokens: [{ name: units, sha256: $(printf %s units | sha256sum | cut -c1-64) }] }
routes:
  - { name: staff, direction: inward, domains: ['*'], nextHops: [{ maildir: /var/lib/sekisho/maildir }] }
YAML
cp /opt/sekisho/config/systemd/sekisho.sysusers /etc/sysusers.d/sekisho.conf
cp /opt/sekisho/config/systemd/sekisho.tmpfiles /etc/tmpfiles.d/sekisho.conf
systemd-sysusers /etc/sysusers.d/sekisho.conf
systemd-tmpfiles --create /etc/tmpfiles.d/sekisho.conf
cp /opt/sekisho/config/systemd/sekisho-*.service /etc/systemd/system/
# No journal runs here: what a role says goes to a file.
for unit in gateway workers vault portal api office; do
  mkdir -p "/etc/systemd/system/sekisho-$unit.service.d"
  printf '[Service]\nStandardOutput=append:/run/%s.out\nStandardError=append:/run/%s.out\n' "$unit" "$unit" >"/etc/systemd/system/sekisho-$unit.service.d/said.conf"
done
printf '[Unit]\nWants=%s\n' "$(cd /etc/systemd/system && echo sekisho-*.service)" >/etc/systemd/system/sekisho-test.target
if [ ! -e /dev/console ]; then touch /dev/console; fi
touch /run/console
mount --bind /run/console /dev/console
export container=sekisho-test
exec /lib/systemd/systemd --system --unit=sekisho-test.target --log-target=console --show-status=no
