/** The classroom's REST calls (`docs/openapi.yaml`). */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/**
 * Ask the classroom something.
 *
 * @param settings - of the server.
 * @param address - below the server's own.
 * @param init - of the request.
 * @throws ServerConnection.ResponseError with the server's sentence when it says no.
 */
export async function ask(
  settings: ServerConnection.ISettings,
  address: string,
  init: RequestInit = {}
): Promise<Response> {
  const url = URLExt.join(settings.baseUrl, 'classroom/api', address);
  const answer = await ServerConnection.makeRequest(url, init, settings);
  if (!answer.ok) {
    throw await ServerConnection.ResponseError.create(answer);
  }
  return answer;
}
