# Graceful restart (RFC 4724): godwit is killed and recovers; the neighbor kept its routes in between.
# A bgpd 8.4.4 that was refused once does not connect again for long.
let frr passive=peer
lacks exabgp: it has no table that keeps routes

[godwit session]
graceful restart on; graceful restart time 30;
[bird2,bird16 session]
graceful restart on;
[frr global]
 bgp graceful-restart
[gobgp neighbor]
[neighbors.graceful-restart.config]
enabled = true
restart-time = 30
[gobgp family]
[neighbors.afi-safis.mp-graceful-restart.config]
enabled = true
[steps]
up
godwit has @theirnet@
peer has @ournet@
godwit killed
bird2,bird16: peer logs graceful restart
frr: peer has @ournet@ "stale":true
gobgp: peer has @ournet@ "stale":true
openbgpd: peer hides "state": "Established"
peer keeps @ournet@
godwit recovers
up
peer has @ournet@
frr,gobgp: peer lacks @ournet@ "stale":true
godwit has @theirnet@
