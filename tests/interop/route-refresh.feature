# Route refresh (RFC 2918) asked for by each.
lacks exabgp: nothing here can make it ask
[godwit session]
debug all;
[bird2,bird16 session]
debug all;
[steps]
up
godwit has @theirnet@
peer has @ournet@
godwit do reload in peer
bird2,bird16: peer do reload in upstream
frr: peer do clear bgp @over@ unicast @ours@ in
gobgp: peer do neighbor @ours@ softresetin
openbgpd: peer do neighbor @ours@ refresh
frr: peer hides "routeRefreshSent":0 & "routeRefreshRecv":0
openbgpd: peer shows "sent": { & "refresh":
# GoBGP keeps what it was told, and asks nobody.
bird2,bird16,frr,openbgpd: godwit logs Got ROUTE-REFRESH
bird2,bird16: peer logs Got ROUTE-REFRESH
gobgp: peer shows "refresh":
stays
godwit has @theirnet@
peer has @ournet@
