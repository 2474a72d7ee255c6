# Graceful restart (RFC 4724): the neighbor is killed, its routes stay; it comes back and they are fresh.

lacks openbgpd: it announces End-of-RIB alone, and keeps no forwarding state
lacks exabgp: it has no restart of its own to show
[godwit session]
graceful restart on;
[bird2,bird16 session]
graceful restart on; graceful restart time 30;
[frr global]
 bgp graceful-restart
 bgp graceful-restart preserve-fw-state
 bgp graceful-restart restart-time 30
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
peer killed
down
godwit keeps @theirnet@
godwit shows graceful restart
peer starts
up
godwit has @theirnet@
peer has @ournet@
godwit hides Neighbor graceful restart active
