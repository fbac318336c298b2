/** The class's chat: loaded into its panel at the start, with an unread mark on the icon. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { PageConfig } from '@jupyterlab/coreutils';
import { ITranslator } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';
import { type Texts, texts } from './texts';

/** The id of jupyterlab-chat's side panel. */
const PANEL = 'JupyterlabChat:sidepanel';
const UNREAD = 'classroom-mod-unread';

/** The part of jupyterlab-chat's panel that this module uses. */
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
  /** Private: the only way to load a chat without bringing the panel to the front. */
  _createModel?(path: string): Promise<object>;
}

/** Show the number of unread messages on the panel's icon. */
function tell(panel: IPanel, model: IChatModel, words: Texts): void {
  const unread = model.unreadMessages.length;
  panel.title.caption = unread ? words.unread(unread) : words.chat;
  panel.title.className = unread ? UNREAD : '';
  const shown = unread > 99 ? '99+' : String(unread);
  panel.title.dataset = { ...panel.title.dataset, unread: shown };
}

/** Load the chat, so that new messages are counted, without bringing it to the front. */
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
    watch(panel.current); // the chat that the person read last time
  } else if (panel._createModel) {
    try {
      panel.open(await panel._createModel(path));
    } catch {
      // The chat was renamed or deleted: the panel lists the existing chats.
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
      // Not awaited: JupyterLab restores the layout only after all plugins have started.
      void Promise.all([app.restored, app.serviceManager.ready]).then(() =>
        prepare(app, path, texts(translator))
      );
    }
  }
};
