# Enhanced route refresh (RFC 7313): what was told is told between two marks.
lacks bird16,gobgp,exabgp: no enhanced route refresh
[openbgpd neighbor]
announce enhanced refresh yes
[steps]
up
godwit has @theirnet@
peer has @ournet@
needs Enhanced refresh
bird2: peer gets Enhanced refresh
frr: peer shows "enhancedRouteRefresh":"advertisedAndReceived"
openbgpd: peer gets "enhanced_refresh": true
bird2: peer do reload in upstream
frr: peer do clear bgp @over@ unicast @ours@ in
openbgpd: peer do neighbor @ours@ refresh
godwit do reload in peer
stays
peer has @ournet@
godwit has @theirnet@
