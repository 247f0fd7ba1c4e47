// service1 or service2 in Go, traced by OpenTelemetry.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/contrib/propagators/autoprop"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/zipkin"
	"go.opentelemetry.io/otel/sdk/trace"
)

// startTracing reads the OTEL_ variables that the script `start` sets. It returns a function that sends the last spans.
func startTracing() (func(context.Context) error, error) {
	exporter, err := zipkin.New("") // "": OTEL_EXPORTER_ZIPKIN_ENDPOINT
	if err != nil {
		return nil, err
	}
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter))
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(autoprop.NewTextMapPropagator()) // OTEL_PROPAGATORS; without this line nothing is extracted or injected
	return provider.Shutdown, nil
}

// The transport makes the CLIENT span and injects. The call needs the context of the incoming request.
var client = http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport), Timeout: 4 * time.Second}

func call(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status)
	}
	return nil
}

func hello(w http.ResponseWriter, r *http.Request) {
	for _, url := range strings.Fields(os.Getenv("NEXT_HOP_URL")) {
		if err := call(r.Context(), url); err != nil {
			http.Error(w, "the next service failed", http.StatusBadGateway)
			return
		}
	}
	host, _ := os.Hostname()
	number := strings.TrimPrefix(os.Getenv("SERVICE_NAME"), "service")
	w.Header().Set("content-type", "text/html; charset=utf-8")
	fmt.Fprintf(w, "Hello from behind Envoy (service %s)! hostname: %s resolvedhostname: %s\n", number, host, os.Getenv("HOST"))
}

func main() {
	stop, err := startTracing()
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.Handle("/trace/", otelhttp.NewHandler(http.HandlerFunc(hello), "trace")) // the SERVER span

	server := &http.Server{Addr: os.Getenv("HOST") + ":" + os.Getenv("PORT"), Handler: mux}
	told, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer cancel()
	go func() {
		if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
			log.Fatal(err)
		}
	}()
	<-told.Done()
	last, cancelLast := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancelLast()
	if err := errors.Join(server.Shutdown(last), stop(last)); err != nil {
		log.Print(err)
	}
}
