# Extended messages (RFC 8654): a route with 400 large communities needs more than 4,096 octets.
lacks gobgp,exabgp,openbgpd: no extended messages
lacks bird16: a set of attributes has 2,048 octets at most there
[godwit top]
function ten(int n) { bgp_large_community.add((65001,n,0)); bgp_large_community.add((65001,n,1)); bgp_large_community.add((65001,n,2)); bgp_large_community.add((65001,n,3)); bgp_large_community.add((65001,n,4)); bgp_large_community.add((65001,n,5)); bgp_large_community.add((65001,n,6)); bgp_large_community.add((65001,n,7)); bgp_large_community.add((65001,n,8)); bgp_large_community.add((65001,n,9)); }
[godwit session]
enable extended messages on;
[godwit channel]
export filter { if source != RTS_STATIC then reject; ten(0); ten(1); ten(2); ten(3); ten(4); ten(5); ten(6); ten(7); ten(8); ten(9); ten(10); ten(11); ten(12); ten(13); ten(14); ten(15); ten(16); ten(17); ten(18); ten(19); ten(20); ten(21); ten(22); ten(23); ten(24); ten(25); ten(26); ten(27); ten(28); ten(29); ten(30); ten(31); ten(32); ten(33); ten(34); ten(35); ten(36); ten(37); ten(38); ten(39); accept; };
[bird2 session]
enable extended messages on;
[steps]
up
bird2: peer gets Extended message
frr: peer shows "extendedMessage":"advertisedAndReceived"
bird2: peer has @ournet@ (65001, 0, 0) & (65001, 39, 9)
frr: peer has @ournet@ 65001:0:0 & 65001:39:9
godwit has @theirnet@
stays
