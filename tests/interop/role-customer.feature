# BGP roles (RFC 9234): the neighbor is our provider; our own routes go to it, and what it sends is marked with OTC.
lacks bird16,gobgp,exabgp: no roles
[godwit session]
local role customer;
[bird2 session]
local role provider;
[frr neighbor]
 neighbor @ours@ local-role provider
[openbgpd neighbor]
announce policy provider
[steps]
up
godwit has @theirnet@
peer has @ournet@
godwit has @theirnet@ BGP.otc: 65002
bird2: peer gets Role
frr: peer shows "localRole":"provider" & "remoteRole":"customer"
openbgpd: peer gets customer
