# TCP MD5 signatures (RFC 2385); another key on our side ends in silence.
lacks openbgpd: the portable version cannot sign on Linux
[godwit session]
password "swordfish";
[bird2,bird16 session]
password "swordfish";
[frr neighbor]
 neighbor @ours@ password swordfish
[gobgp config]
auth-password = "swordfish"
[openbgpd neighbor]
tcp md5sig password swordfish
[exabgp neighbor]
md5-password swordfish;
[steps]
up
godwit has @theirnet@
peer has @ournet@
frr: peer shows uthentication
