/**
 * Decide when a notebook's kernel starts, and which one: the kernel that its file names, or none.
 *
 * JupyterLab would start Python for an R notebook, and write Python into its file. Here such a
 * notebook opens without a kernel and with a notice, and its file doesn't change until somebody
 * chooses a kernel. A notebook of another Python, such as a conda environment, gets the lab's
 * Python; its file doesn't change either.
 */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { type ISessionContext, ISessionContextDialogs, Notification } from '@jupyterlab/apputils';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel, KernelSpec } from '@jupyterlab/services';
import { ITranslator } from '@jupyterlab/translation';
import { IDriving } from './driving';
import { type Installed, type IWanted, kernelFor } from './kernelChoice';
import { type Texts, texts } from './texts';

type Metadata = Readonly<Record<string, unknown>>;

function text(of: unknown, name: string): string {
  const found = (of as Metadata | undefined)?.[name];
  return typeof found === 'string' ? found : '';
}

/** The parts of a notebook that this module uses. */
type Notebook = Pick<NotebookPanel, 'model' | 'sessionContext'>;

/** Return the kernel that a notebook's file names. */
function wantedBy(panel: Notebook): IWanted {
  const spec = panel.model?.getMetadata('kernelspec');
  const name = text(spec, 'name');
  return {
    name,
    display: text(spec, 'display_name') || name,
    language: (
      text(spec, 'language') || text(panel.model?.getMetadata('language_info'), 'name')
    ).toLowerCase()
  };
}

function installed(specs: KernelSpec.ISpecModels | null): Installed {
  const found = Object.entries(specs?.kernelspecs ?? {});
  return new Map(found.map(([name, spec]) => [name, (spec?.language ?? '').toLowerCase()]));
}

function specsOf(panel: Notebook): KernelSpec.ISpecModels | null {
  return panel.sessionContext.specsManager.specs;
}

/** Return the kernel that a notebook gets if nobody chooses one; null for none. */
function ownKernel(panel: Notebook): string | null {
  const specs = specsOf(panel);
  return kernelFor(wantedBy(panel), installed(specs), specs?.default ?? '');
}

/** The part of upstream's panel that writes a kernel's name into a notebook. */
interface IWriting extends Notebook {
  _updateLanguage(language: unknown): void;
  _updateSpec(kernel: Kernel.IKernelConnection): Promise<void>;
}

/**
 * Leave a notebook's file unchanged when it gets the kernel that it names.
 *
 * Upstream writes the names of kernel and language into the model at every start. So a person who
 * only opens a notebook would change it.
 */
function keepFiles(): void {
  const panel = NotebookPanel.prototype as unknown as IWriting;
  const { _updateLanguage: language, _updateSpec: spec } = panel;
  panel._updateLanguage = function (this: IWriting, found: unknown) {
    const name = text(this.model?.getMetadata('language_info'), 'name');
    if (!name || name !== text(found, 'name')) {
      language.call(this, found);
    }
  };
  panel._updateSpec = async function (this: IWriting, kernel) {
    if (!wantedBy(this).name || ownKernel(this) !== kernel.name) {
      await spec.call(this, kernel);
    }
  };
}

/** Starts notebooks' kernels: after the file was read, and not while the person is view-only. */
class Starting {
  constructor(
    private readonly driving: IDriving,
    private readonly dialogs: ISessionContextDialogs,
    private readonly words: Texts
  ) {}

  /**
   * Choose the kernel of a notebook that is being opened, once its file has been read.
   *
   * Upstream initializes the session at that time, and connects to a kernel that already runs.
   */
  hold(panel: NotebookPanel): void {
    const { sessionContext } = panel;
    const initialize = sessionContext.initialize.bind(sessionContext);
    sessionContext.initialize = async () => {
      await sessionContext.specsManager.ready;
      const isChosen = panel.isDisposed || this.choose(panel);
      const asks = await initialize();
      if (isChosen || !asks || panel.isDisposed) {
        return asks;
      }
      // The session isn't ready, so JupyterLab asks for a kernel only when a cell is run.
      if (panel.context.contentsModel?.writable !== false) {
        this.explain(panel);
      }
      return false;
    };
  }

  /** Start the kernels of notebooks that were opened while the person was view-only. */
  start(): void {
    if (this.driving.viewOnly) {
      return;
    }
    for (const panel of this.held) {
      this.held.delete(panel);
      const { sessionContext } = panel;
      if (!panel.isDisposed && this.choose(panel) && !sessionContext.session?.kernel) {
        sessionContext.startKernel().catch((error) => console.warn('No kernel', error));
      }
    }
  }

  /** Choose a notebook's kernel; false if there is none for it. */
  private choose(panel: NotebookPanel): boolean {
    const { context, sessionContext } = panel;
    const { name: chosen, language, ...preference } = sessionContext.kernelPreference;
    if (preference.canStart === false) {
      return true;
    }
    const isReadOnly = context.contentsModel?.writable === false;
    // The kernel of the launcher's card, for a new notebook that names none.
    const isAsked = chosen && !wantedBy(panel).name && installed(specsOf(panel)).has(chosen);
    const name = isAsked || preference.id ? (chosen ?? '') : ownKernel(panel);
    const has = name !== null && !isReadOnly;
    const waits = has && this.driving.viewOnly;
    if (waits) {
      this.held.add(panel);
      panel.disposed.connect(() => this.held.delete(panel));
    }
    sessionContext.kernelPreference = {
      ...preference,
      ...(has ? { name } : {}),
      autoStartDefault: has,
      // True even without a kernel: upstream then returns that the person must choose one.
      shouldStart: !waits
    };
    return has;
  }

  /** Show which kernel is missing, until the notebook has another. */
  private explain(panel: NotebookPanel): void {
    const { sessionContext } = panel;
    const specs = specsOf(panel);
    const usual = specs?.default ?? '';
    const change = (name: string) =>
      sessionContext
        .changeKernel({ name })
        .catch((error: Error) => Notification.error(error.message, { autoClose: false }));
    const id = Notification.warning(
      this.words.noSuchKernel(panel.context.localPath, wantedBy(panel).display),
      {
        autoClose: false,
        actions: [
          {
            label: this.words.takeKernel(specs?.kernelspecs[usual]?.display_name ?? usual),
            displayType: 'accent',
            callback: () => void change(usual)
          },
          {
            label: this.words.chooseKernel,
            callback: () => void this.dialogs.selectKernel(sessionContext)
          }
        ]
      }
    );
    const end = (_: ISessionContext, { newValue }: { newValue: unknown }) => {
      if (newValue) {
        Notification.dismiss(id);
        sessionContext.kernelChanged.disconnect(end);
      }
    };
    sessionContext.kernelChanged.connect(end);
    panel.disposed.connect(() => Notification.dismiss(id));
  }

  private readonly held = new Set<NotebookPanel>();
}

export const kernels: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:kernels',
  description: 'Starts the kernel that a notebook names, or shows that the lab has none.',
  autoStart: true,
  requires: [IDriving, INotebookTracker, ISessionContextDialogs],
  optional: [ITranslator],
  activate: (
    _: JupyterFrontEnd,
    driving: IDriving,
    notebooks: INotebookTracker,
    dialogs: ISessionContextDialogs,
    translator: ITranslator | null
  ) => {
    keepFiles();
    const starting = new Starting(driving, dialogs, texts(translator));
    notebooks.widgetAdded.connect((_, panel) => starting.hold(panel));
    driving.changed.connect(() => starting.start());
  }
};
