/** A classroom for a page's code: a real server on this machine, in the place of the lab's. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { CommandRegistry } from '@lumino/commands';
import { type WebSocket, WebSocketServer } from 'ws';

const LIVE = 'classroom/api/live';

interface IAnswer {
  readonly status?: number;
  readonly body: string;
}

type Answering = (
  path: string,
  request: IncomingMessage,
  body: string
) => IAnswer | Promise<IAnswer>;

export class Classroom {
  /** Whether pages may connect; if not, they get this status. */
  refusal = 0;

  /** What the REST calls get. */
  answer: Answering = () => ({ status: 404, body: '{}' });

  /** What pages have sent over their sockets. */
  readonly heard: unknown[] = [];

  /** Start one, at a port of its own. */
  static async start(): Promise<Classroom> {
    const made = new Classroom();
    await made.restart();
    PageConfig.setOption('classroomLive', LIVE);
    return made;
  }

  /** Start again, at the same address. */
  async restart(): Promise<void> {
    const server = createServer((request, response) => void this.serve(request, response));
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      if (this.refusal) {
        socket.end(`HTTP/1.1 ${this.refusal} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
        return;
      }
      sockets.handleUpgrade(request, socket, head, (page) => {
        this.pages.add(page);
        page.on('close', () => this.pages.delete(page));
        page.on('message', (data) => this.heard.push(JSON.parse(String(data))));
      });
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
  }

  /** Be gone, without a word. */
  async stop(): Promise<void> {
    for (const page of this.pages) {
      page.terminate();
    }
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  /** How many pages are connected. */
  get connected(): number {
    return this.pages.size;
  }

  /** Say something to every page. */
  say(message: object): void {
    for (const page of this.pages) {
      page.send(JSON.stringify(message));
    }
  }

  /** End every page's connection. */
  end(code: number, reason: string): void {
    for (const page of this.pages) {
      page.close(code, reason);
    }
  }

  /** What plugins are given of JupyterLab's application. */
  app(): JupyterFrontEnd {
    const serverSettings = ServerConnection.makeSettings({
      baseUrl: `http://127.0.0.1:${this.port}/`,
      wsUrl: `ws://127.0.0.1:${this.port}/`
    });
    return {
      commands: new CommandRegistry(),
      serviceManager: { serverSettings }
    } as unknown as JupyterFrontEnd;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const piece of request) {
      body += piece;
    }
    // JupyterLab adds a number to addresses, against caches.
    const path = decodeURI(request.url ?? '').replace(/[?&]\d+$/, '');
    const found = await this.answer(path, request, body);
    response.writeHead(found.status ?? 200);
    response.end(found.body);
  }

  private port = 0;
  private server: Server | null = null;
  private readonly pages = new Set<WebSocket>();
}

/** How long a condition may take on a busy machine: less than a whole test, so that it is named. */
const PATIENCE_MS = 60_000;

/** Wait until something is so. */
export async function until(what: () => unknown): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!what()) {
    if (Date.now() > end) {
      throw new Error(`never: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Wait until what is expected holds; else its last failure is the test's. */
export async function eventually(expectation: () => void): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      expectation();
      return;
    } catch (error) {
      if (Date.now() > end) {
        throw error;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
