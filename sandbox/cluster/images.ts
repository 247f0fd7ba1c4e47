import { ExecaError, execa } from 'execa';

/** The images that are made here, by the name that the manifests have, and the Dockerfile of each. */
const ownImages = {
  'envoymesh/front-envoy': 'Dockerfile-frontenvoy',
  'envoymesh/service': 'Dockerfile-service',
} as const;

const firstLine = (error: unknown): string =>
  (error instanceof ExecaError ? error.shortMessage : String(error)).split('\n')[0] ?? '';

/**
 * Builds the sandbox's own images with Docker.
 *
 * @param root the project's folder
 * @returns their tags by name: the beginning of the image's id, so that another image is another tag
 * @throws Error where Docker fails
 */
export async function buildImages(root: string): Promise<Record<string, string>> {
  const tags: Record<string, string> = {};
  for (const [name, dockerfile] of Object.entries(ownImages)) {
    try {
      const { stdout } = await execa('docker', ['build', '--quiet', '--file', dockerfile, '.'], { cwd: root });
      const id = /sha256:(?<id>[0-9a-f]{64})/.exec(stdout)?.groups?.id ?? '';
      const tag = id.slice(0, 12);
      await execa('docker', ['tag', id, `${name}:${tag}`]);
      tags[name] = tag;
    } catch (error) {
      throw new Error(`${dockerfile} could not be built: ${firstLine(error)}; does 'docker info' answer?`);
    }
  }
  return tags;
}

/** @returns those of the images that Docker has here */
export async function presentImages(images: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    images.map(async (image) => {
      const { failed } = await execa('docker', ['image', 'inspect', image], { reject: false });
      return failed ? [] : [image];
    }),
  );
  return found.flat();
}

/**
 * Hands images to the cluster with its own loader.
 *
 * @param command the loader, to which the images are appended: `kind load docker-image`
 * @throws Error where the loader fails
 */
export async function loadImages(command: string, images: readonly string[]): Promise<void> {
  const [program = '', ...args] = command.split(/\s+/).filter(Boolean);
  try {
    await execa(program, [...args, ...images], { stdin: 'ignore' });
  } catch (error) {
    throw new Error(`--load '${command}' failed: ${firstLine(error)}`);
  }
}
