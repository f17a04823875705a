package differential

import (
	"github.com/usernet-stack/usernet/facade"
	"github.com/usernet-stack/usernet/facade/endpoint"
)

// The options that programs set and read. Left out are those whose values are
// each path's own affair, such as the default sizes of buffers.
const (
	reuseAddr = iota
	reusePort
	soError
	acceptConn
	soType
	soDomain
	soProtocol
	broadcast
	keepAlive
	linger
	noDelay
	keepIdle
	keepInterval
	keepCount
	userTimeout
	synCount
	ttl
	tos
	mtuDiscover
	v6Only
	unicastHops
	trafficClass
	unknownOption
	unknownLevel
)

type option struct {
	name         string
	level, value int
}

var options = []option{
	reuseAddr:     {name: "reuseAddr", level: facade.SOL_SOCKET, value: facade.SO_REUSEADDR},
	reusePort:     {name: "reusePort", level: facade.SOL_SOCKET, value: facade.SO_REUSEPORT},
	soError:       {name: "soError", level: facade.SOL_SOCKET, value: facade.SO_ERROR},
	acceptConn:    {name: "acceptConn", level: facade.SOL_SOCKET, value: facade.SO_ACCEPTCONN},
	soType:        {name: "soType", level: facade.SOL_SOCKET, value: facade.SO_TYPE},
	soDomain:      {name: "soDomain", level: facade.SOL_SOCKET, value: facade.SO_DOMAIN},
	soProtocol:    {name: "soProtocol", level: facade.SOL_SOCKET, value: facade.SO_PROTOCOL},
	broadcast:     {name: "broadcast", level: facade.SOL_SOCKET, value: facade.SO_BROADCAST},
	keepAlive:     {name: "keepAlive", level: facade.SOL_SOCKET, value: facade.SO_KEEPALIVE},
	linger:        {name: "linger", level: facade.SOL_SOCKET, value: facade.SO_LINGER},
	noDelay:       {name: "noDelay", level: facade.IPPROTO_TCP, value: facade.TCP_NODELAY},
	keepIdle:      {name: "keepIdle", level: facade.IPPROTO_TCP, value: facade.TCP_KEEPIDLE},
	keepInterval:  {name: "keepInterval", level: facade.IPPROTO_TCP, value: facade.TCP_KEEPINTVL},
	keepCount:     {name: "keepCount", level: facade.IPPROTO_TCP, value: facade.TCP_KEEPCNT},
	userTimeout:   {name: "userTimeout", level: facade.IPPROTO_TCP, value: facade.TCP_USER_TIMEOUT},
	synCount:      {name: "synCount", level: facade.IPPROTO_TCP, value: facade.TCP_SYNCNT},
	ttl:           {name: "ttl", level: facade.IPPROTO_IP, value: facade.IP_TTL},
	tos:           {name: "tos", level: facade.IPPROTO_IP, value: facade.IP_TOS},
	mtuDiscover:   {name: "mtuDiscover", level: facade.IPPROTO_IP, value: facade.IP_MTU_DISCOVER},
	v6Only:        {name: "v6Only", level: facade.IPPROTO_IPV6, value: facade.IPV6_V6ONLY},
	unicastHops:   {name: "unicastHops", level: facade.IPPROTO_IPV6, value: facade.IPV6_UNICAST_HOPS},
	trafficClass:  {name: "trafficClass", level: facade.IPPROTO_IPV6, value: facade.IPV6_TCLASS},
	unknownOption: {name: "unknownOption", level: facade.SOL_SOCKET, value: 9999},
	unknownLevel:  {name: "unknownLevel", level: 9999, value: endpoint.SO_DEBUG},
}

func optionName(o option) string { return o.name }
