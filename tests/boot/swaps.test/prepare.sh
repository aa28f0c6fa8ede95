# SPDX-License-Identifier: MIT
# The disks: vda and vdb swap, vdc empty.
set -e
for disk in vda vdb vdc; do truncate -s 16M "$1/$disk"; done
mkswap -L first "$1/vda"
mkswap "$1/vdb"
