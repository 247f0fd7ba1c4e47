package sandbox;

import brave.Tracing;
import brave.http.HttpTracing;
import brave.httpclient5.HttpClient5Tracing;
import brave.jakarta.servlet.TracingFilter;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.eclipse.jetty.ee11.servlet.FilterHolder;
import org.eclipse.jetty.ee11.servlet.ServletContextHandler;
import org.eclipse.jetty.ee11.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import zipkin2.reporter.brave.AsyncZipkinSpanHandler;
import zipkin2.reporter.urlconnection.URLConnectionSender;

/** service1 or service2 on Jetty, traced by Brave. */
public class Service extends HttpServlet {
  private final transient CloseableHttpClient client;

  Service(CloseableHttpClient client) {
    this.client = client;
  }

  public static void main(String[] args) throws Exception {
    var spans = AsyncZipkinSpanHandler.create(URLConnectionSender.create(environment("ZIPKIN_URL") + "/api/v2/spans"));
    var tracing = HttpTracing.create(
      Tracing.newBuilder().localServiceName(environment("SERVICE_NAME") + "-app").addSpanHandler(spans).build());
    var client = HttpClient5Tracing.newBuilder(tracing).build(HttpClients.custom()); // CLIENT spans; injects B3

    var app = new ServletContextHandler();
    app.addServlet(new ServletHolder(new Service(client)), "/*");
    var filter = new FilterHolder(TracingFilter.create(tracing)); // SERVER spans
    app.addFilter(filter, "/trace/*", EnumSet.of(DispatcherType.REQUEST));
    var server = new Server(new InetSocketAddress(environment("HOST"), Integer.parseInt(environment("PORT"))));
    server.setHandler(app);
    server.start();
    Runtime.getRuntime().addShutdownHook(new Thread(spans::close)); // sends the last spans
  }

  @Override
  protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
    response.setContentType("text/html; charset=utf-8");
    if (request.getRequestURI().equals("/health")) {
      response.getWriter().println("ok");
      return;
    }
    for (String url : environment("NEXT_HOP_URL").split(" ")) {
      if (!url.isEmpty() && client.execute(new HttpGet(url), answer -> answer.getCode()) != 200) {
        response.sendError(HttpServletResponse.SC_BAD_GATEWAY, "the next service failed");
        return;
      }
    }
    response.getWriter().printf("Hello from behind Envoy (service %s)! hostname: %s resolvedhostname: %s\n",
      environment("SERVICE_NAME").replace("service", ""), InetAddress.getLocalHost().getHostName(), environment("HOST"));
  }

  private static String environment(String name) {
    return System.getenv().getOrDefault(name, "");
  }
}
