// service1 or service2 in Go, traced by zipkin-go.
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

	"github.com/openzipkin/zipkin-go"
	zipkinhttp "github.com/openzipkin/zipkin-go/middleware/http"
	reporter "github.com/openzipkin/zipkin-go/reporter/http"
)

func hello(client *http.Client) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, url := range strings.Fields(os.Getenv("NEXT_HOP_URL")) {
			if err := call(r.Context(), client, url); err != nil {
				http.Error(w, "the next service failed", http.StatusBadGateway)
				return
			}
		}
		host, _ := os.Hostname()
		number := strings.TrimPrefix(os.Getenv("SERVICE_NAME"), "service")
		w.Header().Set("content-type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "Hello from behind Envoy (service %s)! hostname: %s resolvedhostname: %s\n", number, host, os.Getenv("HOST"))
	}
}

// The request must carry the context of the one that came in.
func call(ctx context.Context, client *http.Client, url string) error {
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

func main() {
	address := os.Getenv("HOST") + ":" + os.Getenv("PORT")
	spans := reporter.NewReporter(os.Getenv("ZIPKIN_URL") + "/api/v2/spans")
	endpoint, err := zipkin.NewEndpoint(os.Getenv("SERVICE_NAME")+"-app", address)
	if err != nil {
		log.Fatal(err)
	}
	tracer, err := zipkin.NewTracer(spans, zipkin.WithLocalEndpoint(endpoint), zipkin.WithTraceID128Bit(true))
	if err != nil {
		log.Fatal(err)
	}
	transport, err := zipkinhttp.NewTransport(tracer) // the CLIENT span; injects B3 in many headers
	if err != nil {
		log.Fatal(err)
	}
	client := &http.Client{Transport: transport, Timeout: 4 * time.Second}

	mux := http.NewServeMux()
	mux.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.Handle("/trace/", zipkinhttp.NewServerMiddleware(tracer)(hello(client))) // the SERVER span

	server := &http.Server{Addr: address, Handler: mux}
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
	if err := errors.Join(server.Shutdown(last), spans.Close()); err != nil { // Close sends the last spans
		log.Print(err)
	}
}
