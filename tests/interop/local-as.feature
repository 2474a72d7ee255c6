# The peer speaks as another AS than its own to us.
lacks bird2,bird16,exabgp: an AS for each session is all they know
let base-as=65002
let their-as=65102
[frr neighbor]
 neighbor @ours@ local-as 65102
[gobgp config]
local-as = 65102
[openbgpd neighbor]
local-as 65102
[steps]
up
godwit has @theirnet@ BGP.as_path: 65102
frr: peer has @ournet@ 65001
gobgp: peer shows 65102
frr: peer shows "localAs":65102
openbgpd: peer has @ournet@ 65001
