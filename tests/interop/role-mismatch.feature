# BGP roles (RFC 9234): both are providers, which cannot be.
lacks bird16,gobgp,exabgp: no roles
[godwit session]
local role provider;
[bird2 session]
local role provider;
[frr neighbor]
 neighbor @ours@ local-role provider
[openbgpd neighbor]
announce policy provider
[steps]
godwit logs Role mismatch
down
