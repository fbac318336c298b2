/** The class's chat: in its panel from the beginning, with what is unread told at its icon. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';
import { ITranslator } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';
import { type Texts, texts } from './texts';

/** The id of jupyterlab-chat's side panel. */
const PANEL = 'JupyterlabChat:sidepanel';
const UNREAD = 'classroom-mod-unread';

/** What is needed of jupyterlab-chat's panel. */
interface IChatModel {
  readonly unreadMessages: readonly number[];
  readonly unreadChanged: ISignal<unknown, unknown>;
}

interface IChat {
  readonly model: IChatModel;
}

interface IPanel extends Widget {
  readonly current?: IChat;
  readonly chatOpened: ISignal<unknown, IChat>;
  open(loaded: object): unknown;
  /** Its own way to load a chat, the only one that doesn't bring the panel to the front. */
  _createModel?(path: string): Promise<object>;
}

/** Show at the panel's icon how much nobody has read yet. */
function tell(panel: IPanel, model: IChatModel, words: Texts): void {
  const unread = model.unreadMessages.length;
  panel.title.caption = unread ? words.unread(unread) : words.chat;
  panel.title.className = unread ? UNREAD : '';
  const shown = unread > 99 ? '99+' : String(unread);
  panel.title.dataset = { ...panel.title.dataset, unread: shown };
}

/** Have the chat ready: loaded, so that what comes is counted, and out of people's way. */
async function prepare(app: JupyterFrontEnd, path: string, words: Texts): Promise<void> {
  const sides = ['left', 'right'].flatMap((side) => [...app.shell.widgets(side)]);
  const panel = sides.find((widget) => widget.id === PANEL) as IPanel | undefined;
  if (!panel) {
    return;
  }
  panel.title.caption = words.chat;
  const watch = ({ model }: IChat) => {
    tell(panel, model, words);
    model.unreadChanged.connect(() => tell(panel, model, words));
  };
  panel.chatOpened.connect((_, chat) => watch(chat));
  if (panel.current) {
    watch(panel.current); // where the person was last time
  } else if (panel._createModel) {
    try {
      panel.open(await panel._createModel(path));
    } catch {
      // It has another name now, or was deleted: the panel lists what there is.
    }
  }
}

export const chat: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:chat',
  description: "Has the class's chat ready in its panel.",
  autoStart: true,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null) => {
    const path = PageConfig.getOption('classroomChat');
    if (path) {
      // Not awaited: the page is put in order only once all plugins are there.
      void Promise.all([app.restored, app.serviceManager.ready]).then(() =>
        prepare(app, path, texts(translator))
      );
    }
  }
};
