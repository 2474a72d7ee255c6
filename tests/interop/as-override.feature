# as-override: a route from another site of the peer's own AS comes with our AS in place of it, so that it is no loop.
let godwit-file=godwit-toml
[godwit-toml channel]
as-override = true
[godwit-toml top]
[bgp.third]
local-as = 65001
local-address = "@ours@"
neighbor = "@third@"
neighbor-as = 65002
[bgp.third.@over@]
import = "all"
export = "none"
[third top]
protocol static own { @over@; route @thirdnet@ blackhole; }
protocol bgp up { local @third@ as 65002; neighbor @ours@ as 65001; connect delay time 1; @over@ { import all; export where source = RTS_STATIC; }; }
[steps]
up
godwit has @thirdnet@ BGP.as_path: 65002
bird2,bird16: peer has @thirdnet@ BGP.as_path: 65001 65001
frr: peer has @thirdnet@ "string":"65001 65001"
gobgp: peer has @thirdnet@ "asns":[65001,65001]
openbgpd: peer has @thirdnet@ "aspath": "65001 65001"
exabgp: peer has @thirdnet@ "as-path": [ 65001, 65001 ]
