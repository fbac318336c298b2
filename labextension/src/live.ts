/**
 * The page's own connection to the classroom's server extension (`classroom.lab.people.page_socket`).
 *
 * It is there as long as the page is, whatever is open in it: the one place where the page hears
 * from the classroom. What it carries is in `page_messages.schema.json`, on the server's side.
 */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { PromiseDelegate, Token } from '@lumino/coreutils';
import { Poll } from '@lumino/polling';
import { type ISignal, Signal } from '@lumino/signaling';
import type { ClientMessage, ServerMessage } from './pageMessages';

/** Close code of the server for somebody whose access it has ended (`classroom.lab.people.revocation`). */
const ENDED = 1003;

/** Milliseconds: how soon a lost connection is tried again, and how late at most. */
const SOON_MS = 500;
const LATE_MS = 5000;

export interface ILive {
  /** Each thing that the classroom says. */
  readonly said: ISignal<ILive, ServerMessage>;

  /** The last of each type, for who comes too late to hear it said. */
  readonly latest: ReadonlyMap<ServerMessage['type'], ServerMessage>;

  /** Whether there is a connection now, for who comes too late to hear of it. */
  readonly isConnected: boolean;

  /** There is a connection, perhaps a new one: what was sent before may be forgotten. */
  readonly connected: ISignal<ILive, void>;

  /** There is none any more, or still none. */
  readonly lost: ISignal<ILive, void>;

  /** Tell the classroom something; nothing while there is no connection. */
  send(message: ClientMessage): void;

  /** Settled once the person may no longer be here: with the server's sentence, if it sent one. */
  readonly ended: Promise<string>;
}

export const ILive = new Token<ILive>(
  '@classroom/labextension:ILive',
  'What the page hears from the classroom.'
);

class Live implements ILive {
  /**
   * @param address - of the socket, below the server's own.
   * @param settings - of the server.
   */
  constructor(
    private readonly address: string,
    private readonly settings: ServerConnection.ISettings
  ) {
    this.poll = new Poll({
      name: '@classroom/labextension:live',
      standby: 'never', // a page that nobody looks at hears as well
      frequency: { interval: SOON_MS, backoff: true },
      factory: () => this.connect()
    });
    // The constructor takes no less than half a minute: too long for a class to wait.
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
   * Be connected once, from beginning to end.
   *
   * @throws when there was no connection to be had: the next try waits longer.
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

  /** Ask why there is no connection: a browser doesn't say what a WebSocket was refused for. */
  private async isRefused(): Promise<boolean> {
    const url = URLExt.join(this.settings.baseUrl, 'api/me');
    try {
      const answer = await ServerConnection.makeRequest(url, {}, this.settings);
      return answer.status === 401 || answer.status === 403;
    } catch {
      return false; // nobody answers: the server is being started again
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

/** Where there is no classroom. */
class Silent implements ILive {
  readonly said = new Signal<this, ServerMessage>(this);
  readonly isConnected = false;
  readonly connected = new Signal<this, void>(this);
  readonly lost = new Signal<this, void>(this);
  send(): void {}
  readonly latest = new Map<ServerMessage['type'], ServerMessage>();
  readonly ended = new Promise<string>(() => undefined);
}

/** Take the server's sentence out of a close frame's reason; "" if there is none. */
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
    // A personal lab has the same extensions, but no classroom on its server.
    return address ? new Live(address, serviceManager.serverSettings) : new Silent();
  }
};
