/**
 * The page's WebSocket to the classroom's server extension (`classroom.lab.people.page_socket`).
 *
 * It is open as long as the page, independently of documents. It brings all messages from the
 * classroom, which `page_messages.schema.json` on the server's side specifies.
 */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { PromiseDelegate, Token } from '@lumino/coreutils';
import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';
import type { ClientMessage, ServerMessage } from './pageMessages';

/** The close code when the server ends a person's access (`classroom.lab.people.revocation`). */
const ENDED = 1003;

/** The shortest and the longest wait before the page reconnects. */
const SOON_MS = 500;
const LATE_MS = 5000;

export interface ILive {
  /** Emitted for each message from the classroom. */
  readonly said: ISignal<ILive, ServerMessage>;

  /** The last message of each type, for listeners that connect later. */
  readonly latest: ReadonlyMap<ServerMessage['type'], ServerMessage>;

  /** Whether there is a connection now, for listeners that connect later. */
  readonly isConnected: boolean;

  /** Emitted for each new connection: the server may have lost earlier messages. */
  readonly connected: ISignal<ILive, void>;

  /** Emitted when the connection is lost, and for each failed try to reconnect. */
  readonly lost: ISignal<ILive, void>;

  /** Send a message to the classroom; without a connection it is dropped. */
  send(message: ClientMessage): void;

  /** Resolves when the person's access has ended, with the server's sentence or "". */
  readonly ended: Promise<string>;
}

export const ILive = new Token<ILive>(
  '@classroom/labextension:ILive',
  'What the page hears from the classroom.'
);

class Live implements ILive {
  /**
   * @param address - the socket's path below the server's address.
   * @param settings - the server's settings.
   */
  constructor(
    private readonly address: string,
    private readonly settings: ServerConnection.ISettings
  ) {
    this.poll = new Poll({
      name: '@classroom/labextension:live',
      standby: 'never', // a hidden page stays connected too
      frequency: { interval: SOON_MS, backoff: true },
      factory: () => this.connect()
    });
    // The constructor allows no `max` below half a minute, which is too long for a class.
    this.poll.frequency = { interval: SOON_MS, backoff: true, max: LATE_MS };
  }

  get said(): ISignal<ILive, ServerMessage> {
    return this.saying;
  }

  get isConnected(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  get connected(): ISignal<ILive, void> {
    return this.connecting;
  }

  get lost(): ISignal<ILive, void> {
    return this.losing;
  }

  get ended(): Promise<string> {
    return this.end.promise;
  }

  send(message: ClientMessage): void {
    if (this.socket?.readyState === WebSocket.OPEN) {
      this.socket.send(JSON.stringify(message));
    }
  }

  /**
   * Open a connection and wait until it ends.
   *
   * @throws if it couldn't be opened: then the next try waits longer.
   */
  private async connect(): Promise<void> {
    const { event, opened } = await this.session();
    if (event.code === ENDED) {
      this.leave(sentence(event.reason));
      return;
    }
    this.losing.emit();
    if (!opened) {
      if (await this.isRefused()) {
        this.leave('');
      } else {
        throw new Error('The classroom does not answer');
      }
    }
  }

  private session(): Promise<{ event: CloseEvent; opened: boolean }> {
    const socket = new WebSocket(URLExt.join(this.settings.wsUrl, this.address));
    let opened = false;
    socket.onopen = () => {
      opened = true;
      this.socket = socket;
      this.connecting.emit();
    };
    socket.onmessage = ({ data }) => {
      const message: ServerMessage = JSON.parse(data);
      this.latest.set(message.type, message);
      this.saying.emit(message);
    };
    return new Promise((resolve) => {
      socket.onclose = (event) => resolve({ event, opened });
    });
  }

  /** Check whether access was denied: a browser doesn't tell why a WebSocket failed. */
  private async isRefused(): Promise<boolean> {
    const url = URLExt.join(this.settings.baseUrl, 'api/me');
    try {
      const answer = await ServerConnection.makeRequest(url, {}, this.settings);
      return answer.status === 401 || answer.status === 403;
    } catch {
      return false; // no answer: the server is restarting
    }
  }

  private leave(sentence: string): void {
    this.poll.dispose();
    this.end.resolve(sentence);
  }

  readonly latest = new Map<ServerMessage['type'], ServerMessage>();
  private socket: WebSocket | null = null;
  private readonly poll: Poll;
  private readonly connecting = new Signal<this, void>(this);
  private readonly losing = new Signal<this, void>(this);
  private readonly saying = new Signal<this, ServerMessage>(this);
  private readonly end = new PromiseDelegate<string>();
}

/** Takes the place of `Live` on a server without a classroom. */
class Silent implements ILive {
  readonly said = new Signal<this, ServerMessage>(this);
  readonly isConnected = false;
  readonly connected = new Signal<this, void>(this);
  readonly lost = new Signal<this, void>(this);
  send(): void {}
  readonly latest = new Map<ServerMessage['type'], ServerMessage>();
  readonly ended = new Promise<string>(() => undefined);
}

/** Get the server's sentence from a close frame's reason; "" if there is none. */
function sentence(reason: string): string {
  try {
    return String(JSON.parse(reason).errorReason ?? '');
  } catch {
    return '';
  }
}

export const live: JupyterFrontEndPlugin<ILive> = {
  id: '@classroom/labextension:live',
  description: "Keeps the page's connection to the classroom.",
  autoStart: true,
  provides: ILive,
  activate: ({ serviceManager }) => {
    const address = PageConfig.getOption('classroomLive');
    // A server of a tutor's own spawner has the same extensions, but no classroom.
    return address ? new Live(address, serviceManager.serverSettings) : new Silent();
  }
};
