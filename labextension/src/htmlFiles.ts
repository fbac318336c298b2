/**
 * Show HTML files as the server sends them, in a sandboxed frame with an opaque origin.
 *
 * The scripts of files that plotly, bokeh or folium saved run there, and can't reach the lab.
 * JupyterLab's own viewer is disabled (`page_config.json`). It shows files in the lab's origin, and
 * has a button that lets their scripts run there.
 */

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { WidgetTracker } from '@jupyterlab/apputils';
import {
  ABCWidgetFactory,
  type DocumentRegistry,
  DocumentWidget,
  type IDocumentWidget
} from '@jupyterlab/docregistry';
import { ITranslator } from '@jupyterlab/translation';
import { html5Icon, IFrame, refreshIcon, ToolbarButton } from '@jupyterlab/ui-components';
import { type Texts, texts } from './texts';

const TYPE = 'html';
/** JupyterLab's name of its viewer: people's settings and saved layouts refer to it. */
const NAME = 'HTML Viewer';

type Viewer = IDocumentWidget<IFrame>;

class HtmlFactory extends ABCWidgetFactory<Viewer> {
  constructor(private readonly words: Texts) {
    super({
      name: NAME,
      label: words.htmlViewer,
      fileTypes: [TYPE],
      defaultFor: [TYPE],
      readOnly: true
    });
  }

  protected createNewWidget(context: DocumentRegistry.Context): Viewer {
    // The server checks that a page of the lab requests the file, so the referrer is needed.
    const content = new IFrame({ sandbox: ['allow-scripts'], referrerPolicy: 'origin' });
    const widget = new DocumentWidget({ content, context });
    widget.title.icon = html5Icon;
    const show = () => void this.show(context, content);
    void context.ready.then(show);
    context.pathChanged.connect(show);
    context.model.stateChanged.connect((_, { name, newValue }) => {
      if (name === 'dirty' && !newValue) {
        show(); // the file was saved
      }
    });
    const button = new ToolbarButton({
      icon: refreshIcon,
      onClick: show,
      tooltip: this.words.loadAgain
    });
    widget.toolbar.addItem('refresh', button);
    return widget;
  }

  private async show(context: DocumentRegistry.Context, frame: IFrame): Promise<void> {
    const path = encodeURI(context.path); // `getDownloadUrl` decodes it
    const address = new URL(await context.urlResolver.getDownloadUrl(path), location.href);
    // JupyterLab would put the page's token there, and the file's scripts could read it.
    address.search = `?${++this.shown}`;
    frame.url = address.href;
  }

  private shown = 0;
}

export const htmlFiles: JupyterFrontEndPlugin<void> = {
  id: '@classroom/labextension:html-files',
  description: 'Shows HTML files in a frame with an origin of its own.',
  autoStart: true,
  optional: [ILayoutRestorer, ITranslator],
  activate: (
    { docRegistry }: JupyterFrontEnd,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ) => {
    const words = texts(translator);
    docRegistry.addFileType({
      name: TYPE,
      contentType: 'file',
      fileFormat: 'text',
      displayName: words.htmlFile,
      extensions: ['.html'],
      mimeTypes: ['text/html'],
      icon: html5Icon
    });
    const factory = new HtmlFactory(words);
    const tracker = new WidgetTracker<Viewer>({ namespace: 'htmlviewer' });
    factory.widgetCreated.connect((_, widget) => {
      widget.context.pathChanged.connect(() => void tracker.save(widget));
      void tracker.add(widget);
    });
    docRegistry.addWidgetFactory(factory as unknown as DocumentRegistry.WidgetFactory);
    void restorer?.restore(tracker, {
      command: 'docmanager:open',
      args: ({ context }) => ({ path: context.path, factory: NAME }),
      name: ({ context }) => context.path
    });
  }
};
