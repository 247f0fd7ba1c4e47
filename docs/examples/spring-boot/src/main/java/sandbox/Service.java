package sandbox;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.client.RestClient;
import org.springframework.web.client.RestClientException;

/** service1 or service2 on Spring Boot: it knows nothing of tracing. */
@SpringBootApplication
@RestController
public class Service {
  private final RestClient client;

  /** The builder that Spring Boot gives is traced; one of RestClient.create() is not. */
  public Service(RestClient.Builder builder) {
    client = builder.build();
  }

  public static void main(String[] args) {
    SpringApplication.run(Service.class, args);
  }

  @GetMapping("/health")
  public String health() {
    return "ok\n";
  }

  @GetMapping(path = "/trace/{number}", produces = MediaType.TEXT_HTML_VALUE)
  public String hello(@PathVariable String number) throws UnknownHostException {
    for (String url : environment("NEXT_HOP_URL").split(" ")) {
      if (!url.isEmpty()) client.get().uri(url).retrieve().toBodilessEntity();
    }
    return "Hello from behind Envoy (service %s)! hostname: %s resolvedhostname: %s\n".formatted(
      environment("SERVICE_NAME").replace("service", ""), InetAddress.getLocalHost().getHostName(), environment("HOST"));
  }

  @ExceptionHandler(RestClientException.class)
  @ResponseStatus(HttpStatus.BAD_GATEWAY)
  public String failed() {
    return "the next service failed\n";
  }

  private static String environment(String name) {
    return System.getenv().getOrDefault(name, "");
  }
}
