/** The classroom's REST calls (`docs/openapi.yaml`). */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/**
 * Send a request to the classroom's API.
 *
 * @param settings - the server's settings.
 * @param address - the path below the API's address.
 * @param init - the request's options.
 * @throws ServerConnection.ResponseError with the server's sentence if it rejects the request.
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
