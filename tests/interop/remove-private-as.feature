# remove-private-as: private AS numbers behind ours are gone from what the peer is sent.
let godwit-file=godwit-toml
let our-as=64496
let seen-as=64496
let their-as=64497
[godwit-toml channel]
remove-private-as = true
[godwit-toml top]
[bgp.third]
local-as = 64496
local-address = "@ours@"
neighbor = "@third@"
neighbor-as = 64999
[bgp.third.@over@]
import = "all"
export = "none"
[third top]
protocol static own { @over@; route @thirdnet@ blackhole; }
protocol bgp up { local @third@ as 64999; neighbor @ours@ as 64496; connect delay time 1; @over@ { import all; export where source = RTS_STATIC; }; }
[steps]
up
godwit has @thirdnet@ BGP.as_path: 64999
bird2,bird16: peer has @thirdnet@ BGP.as_path: 64496 BGP
frr: peer has @thirdnet@ "string":"64496"
gobgp: peer has @thirdnet@ "asns":[64496]
openbgpd: peer has @thirdnet@ "aspath": "64496"
exabgp: peer has @thirdnet@ "as-path": [ 64496 ]
