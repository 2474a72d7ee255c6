# We announce more than the neighbor takes: it ends the session, and says why.
lacks exabgp: it has no limits
[godwit top]
protocol static more { disabled; @over@; route 10.1.1.0/24 blackhole; route 10.1.2.0/24 blackhole; }
[bird2 channel]
import limit 1 action disable;
[bird16 session]
import limit 1 action disable;
[frr family]
  neighbor @ours@ maximum-prefix 1
[gobgp family]
[neighbors.afi-safis.prefix-limit.config]
max-prefixes = 1
shutdown-threshold-pct = 100
[openbgpd neighbor]
max-prefix 1
[steps]
up
peer has @ournet@
godwit do enable more
down
godwit logs Maximum number of prefixes reached
