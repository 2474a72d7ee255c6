# Notifications and restarts (RFC 8538): with the N bit at both ends a NOTIFICATION leaves routes, a Hard Reset does not.
lacks bird2,bird16,openbgpd,exabgp: no N bit
let godwit-file=godwit-toml
[godwit-toml session]
graceful-restart = true
graceful-notification = true
[frr global]
 bgp graceful-restart
 bgp graceful-restart preserve-fw-state
 bgp graceful-restart notification
 no bgp hard-administrative-reset
[gobgp neighbor]
[neighbors.graceful-restart.config]
enabled = true
restart-time = 30
notification-enabled = true
[gobgp family]
[neighbors.afi-safis.mp-graceful-restart.config]
enabled = true
[steps]
up
godwit has @theirnet@
peer has @ournet@
frr: peer gets nBit
gobgp: peer shows notification flag set
frr: peer do clear bgp @ours@
frr: godwit logs peer: Received: Administrative reset
frr: godwit keeps @theirnet@
frr: up
godwit do restart peer
frr: peer shows "lastNotificationHardReset":true
gobgp: peer logs "Code":6,"Data":"BgQ=","Key":"192.0.2.1","Subcode":9
up
peer has @ournet@
