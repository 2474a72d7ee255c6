# Extended messages (RFC 8654): a route with 1,100 large communities needs more than 4,096 octets.
lacks gobgp,exabgp,openbgpd: no extended messages
lacks bird16: its lists of communities end before that
[godwit session]
enable extended messages on;
[bird2 session]
enable extended messages on;
[frr neighbor]
 neighbor @ours@ extended-optional-parameters
[steps]
up
godwit has @theirnet@
peer has @ournet@
bird2: peer gets Extended message
frr: peer shows "extendedMessage":"advertisedAndReceived"
