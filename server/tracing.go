package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/stats"

	spsv1 "github.com/spsalert/spsalert/gen/sps/v1"
)

// Telemetry says where traces go.
type Telemetry struct {
	Endpoint string // URL of an OTLP collector that speaks gRPC; empty: no traces
}

func (t *Telemetry) set(v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%q is not a URL such as http://127.0.0.1:4317", v)
	}
	t.Endpoint = v
	return nil
}

// tracing sends a span for each call to a collector. The nil tracing sends
// nothing.
type tracing struct {
	provider *trace.TracerProvider
	exporter trace.SpanExporter
	logger   *slog.Logger
}

// untraced are the methods that last for hours or are asked all the time: a span
// of them says nothing.
var untraced = []string{
	spsv1.ExchangeService_Exchange_FullMethodName, spsv1.CaseService_WatchStatements_FullMethodName,
	grpc_health_v1.Health_Check_FullMethodName, grpc_health_v1.Health_Watch_FullMethodName,
}

// newTracing returns nil if no endpoint is configured. It does not wait for the
// collector, whose absence costs the spans and nothing else.
func newTracing(ctx context.Context, c Config, version string, logger *slog.Logger) (*tracing, error) {
	if c.Telemetry.Endpoint == "" {
		return nil, nil
	}
	exporter, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(c.Telemetry.Endpoint))
	if err != nil {
		return nil, fmt.Errorf("telemetry.endpoint: %w", err)
	}
	// The library knows one handler for the whole process, and writes to
	// standard error without one.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { logger.Warn("traces are lost", "err", err) }))
	about := resource.NewSchemaless(
		attribute.String("service.name", "spsd"), attribute.String("service.version", version),
		attribute.String("service.namespace", c.Federation), attribute.String("service.instance.id", string(c.Office)))
	return &tracing{trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(about)), exporter, logger}, nil
}

// serverOptions returns the options that trace the calls of a gRPC server. A
// caller's own trace is linked, not continued: strangers decide neither what is
// sampled nor what hangs together.
func (t *tracing) serverOptions() []grpc.ServerOption {
	if t == nil {
		return nil
	}
	return []grpc.ServerOption{grpc.StatsHandler(otelgrpc.NewServerHandler(
		otelgrpc.WithTracerProvider(t.provider),
		otelgrpc.WithPublicEndpoint(),
		otelgrpc.WithFilter(func(info *stats.RPCTagInfo) bool { return !slices.Contains(untraced, info.FullMethodName) }),
	))}
}

// lastSpans is how long a node that stops waits for the collector.
const lastSpans = time.Second

// stop sends what is left. A collector that does not take it is no reason for a
// node to end with an error.
func (t *tracing) stop() {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastSpans)
	defer cancel()
	err := t.provider.Shutdown(ctx)
	// Out of time, the provider leaves the exporter as it is.
	if err = errors.Join(err, t.exporter.Shutdown(ctx)); err != nil {
		t.logger.Warn("traces are lost", "err", err)
	}
}
