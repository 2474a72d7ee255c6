# LLGR (RFC 9494): the neighbor is killed, its restart time ends, and its routes stay, marked stale.
lacks bird16: no long-lived graceful restart is announced
lacks openbgpd,exabgp: no long-lived graceful restart
lacks frr: bgpd 8.4 is a helper only, and keeps no time of its own
[godwit session]
graceful restart on; long lived graceful restart on;
[bird2 session]
graceful restart on; graceful restart time 1; long lived graceful restart on; long lived stale time 60;
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
peer killed
godwit has @theirnet@ (65535,6)
