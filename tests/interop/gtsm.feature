# TTL security (RFC 5082): packets go with TTL 255 and must come with it.
[godwit session]
ttl security on;
[bird2,bird16 session]
ttl security on;
[frr neighbor]
 neighbor @ours@ ttl-security hops 1
[gobgp neighbor]
[neighbors.ttl-security.config]
enabled = true
ttl-min = 255

[openbgpd neighbor]
ttl-security yes
[exabgp neighbor]
outgoing-ttl 255;
incoming-ttl 255;
[steps]
up
godwit has @theirnet@
peer has @ournet@
frr: peer shows axHopsAway":1
