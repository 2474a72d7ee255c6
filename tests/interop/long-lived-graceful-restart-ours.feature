# LLGR (RFC 9494): godwit is killed, its restart time ends, and the neighbor keeps its routes, marked stale.
# A bgpd 8.4.4 that was refused once does not connect again for long.
let frr passive=peer
lacks bird16,openbgpd,exabgp: no long-lived graceful restart
[godwit session]
graceful restart on; graceful restart time 1; long lived graceful restart on; long lived stale time 60;
[bird2 session]
graceful restart on; long lived graceful restart on;
[frr global]
 bgp graceful-restart
 bgp long-lived-graceful-restart stale-time 60
[gobgp neighbor]
[neighbors.graceful-restart.config]
enabled = true
restart-time = 1
long-lived-enabled = true
[gobgp family]
[neighbors.afi-safis.mp-graceful-restart.config]
enabled = true
[neighbors.afi-safis.long-lived-graceful-restart.config]
enabled = true
restart-time = 60
[steps]
up
godwit has @theirnet@
peer has @ournet@
godwit killed
bird2: peer has @ournet@ (65535,6)
frr: peer has @ournet@ llgr-stale
gobgp: peer has @ournet@ 4294901766
godwit starts
up
bird2: peer lacks @ournet@ (65535,6)
frr: peer lacks @ournet@ llgr-stale
gobgp: peer lacks @ournet@ 4294901766
