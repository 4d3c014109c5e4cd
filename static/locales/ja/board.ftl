# ディスパッチボード、コンソール、ログ。プロトコル、モジュール、レジスターの名前は訳さない。
nav = ページ
nav-board = ディスパッチボード

board-title = ディスパッチボード
board-intro = 本物のフラッシュイメージに入っているドライバーを、その並び順で示します。依存式を変える、ドライバーをロックの後ろへドラッグする、起動する、サービスを呼び出す。マシンはイメージのとおりに動きます。
panel-files = ディスパッチ
panel-console = OS コンソール
panel-log = ファームウェアログ
panel-machine = マシン
panel-memory = メモリー
memory-address = 物理アドレス
memory-look = 見る
memory-wrong = アドレスは 16 進数です: F00000、0xF00000、F00000h。
memory-places = 場所
memory-none = マシンを起動すると、メモリーを見られます。
memory-both = 両方
memory-hidden = ここでは、OS と SMM とで読める内容が違います。
memory-same = ここでは、OS も SMM も同じ内容を読みます。
memory-since = 印は t = { $time } ns から変わったところです。
memory-back = 前へ
memory-on = 次へ
machine-none = OS にコマンド（たとえば「smi 43」）を送ると、その SMI の経路がここに表示されます。

build = ビルド
build-boot = ビルドして起動
undo = 元に戻す
redo = やり直す
copy-link = このボードへのリンクをコピー
link-copied = リンクをコピーしました。
link-not-copied = ブラウザーがクリップボードの使用を許可していません。
import-file = フラッシュイメージまたは編集リストを開く
export = フラッシュイメージを保存
edits = 編集
edits-clear = 最初からやり直す
edit-out = 取り消す: { $edit }
edits-count = 編集 { $count } 件
post-now = POST コード { $code }
post-codes = この起動の POST コード

files-loading = フラッシュイメージを読み込んでいます…
volume = ボリューム { $at }
volume-files = { $count } ファイル
grip = { $name } を移動
grip-help = スペースキーでファイルをつかみ、もう一度押すと置きます。矢印キーで移動、Escape で元の位置に戻ります。Alt と矢印キーですぐに移動します。
grip-taken = { $name } をつかみました。
grip-moved = { $name }: { $count } 件中 { $place } 番目。
grip-cancelled = { $name } を元の位置に戻しました。
never-loaded = ロードされない
differs = 最初の違い
ran-at = { $nth } 番目にディスパッチ（ラウンド { $round }、{ $time } ns）
locked-at = t = { $time } ns · 以後 SMM ドライバーは追加不可
apriori = アプリオリ
apriori-up = { $name } を前へ
apriori-down = { $name } を後へ
apriori-out = { $name } をアプリオリリストから外す

file-type = タイプ
drop-file = 取り除く
ran = ディスパッチ
returned = 戻り値
produced = プロトコル
registered = SMI ハンドラー
never-found = どのディスパッチャーもこのファイルを検出しませんでした。
evaluations = ディスパッチャーによる評価
round = ラウンド { $round }
by-apriori = アプリオリ
apriori-unasked = アプリオリファイルに名前があるため、DEPEX は評価されませんでした。
opcode = オペコード
instruction = 命令
there = インストール済み
stack = スタック

pcd = PCD
pcd-of = { $file } の PCD
pcd-set = { $word } を設定
pcd-given = { $value } に戻す
pcd-number = 0 から 4294967295 までの数値を入力してください（例：255、0xFF、FFh）。

depex-mode = DEPEX の表示
depex-text = テキスト
depex-hex = オペコード
depex-of = { $file } の DEPEX
depex-names = 名前の候補
depex-set = 設定
depex-set-anyway = このまま設定
depex-reset = 変更を破棄
depex-bootable = このまま起動して、ディスパッチャーの動きを確かめることもできます。
depex-at = オフセット { $offset }: { $why }
depex-at-opcode = オフセット { $offset }、オペコード { $opcode }: { $why }
depex-empty = 依存式は空にできません。最短は TRUE END です。
depex-no-end = END がありません。ディスパッチャーは式の終わりを越えて読みます。
depex-unknown = このオペコードは存在しません。
depex-cut = BEFORE、AFTER、PUSH には 16 バイトの GUID が必要ですが、その前に式が終わっています。
depex-not-alone = BEFORE と AFTER は先頭に置き、ファイルの GUID 1 つと END だけを続けます。
depex-sor = SOR は先頭に置き、後ろに式を続けます。
depex-dialect = { $dialect } ディスパッチャーはこのオペコードを知りません。
depex-underflow = 演算に必要な値がスタックに足りません。
depex-overflow = スタックがいっぱいです。
depex-left = END の時点でスタックの値は 1 つのはずですが、{ $count } 個あります。AND か OR が足りません。
depex-behind-end = END の後ろに { $count } バイトあります。誰にも読まれません。
text-at = { $line } 行 { $column } 列: { $why }
text-no-opcode = 「{ $word }」はオペコードではありません。使えるのは PUSH、AND、OR、NOT、TRUE、FALSE、BEFORE、AFTER、SOR、END です。
text-no-operand = { $opcode } の後ろには GUID か名前が必要です。
text-unknown = 「{ $name }」は GUID でも既知の名前でもありません。
text-unknown-near = 「{ $name }」という名前はありません。{ $near } ではありませんか？
text-hex = 16 進数字の組が必要です。

outcome = 起動の結果
booting = 起動中: マシン時間 { $time } ns
not-booted = まだ起動していません。
stale = 前回の起動からイメージが変わりました。「ビルドして起動」で結果を確かめてください。
out-ok = 起動した
out-bad = 起動しない
out-prompt = { $time } ns、{ $instructions } 命令の後、OS がプロンプトで待っています。
out-hung = マシンは POST { $post } でハングしました（t = { $time } ns）。
out-shutdown = t = { $time } ns で CPU がシャットダウンしました: { $why }
out-exit = ファームウェアがコード { $value } で終了しました（t = { $time } ns）。
out-endless = プロンプトに到達しません。最後の POST コードは { $post } です。
out-off = マシンの電源が切れました（t = { $time } ns）。
never-locked = 誰も SmmReadyToLock を要求しませんでした。SMRAM はロックされていません。
no-difference = ドライバーの動きは正常な起動とまったく同じです。
difference = 正常な起動との最初の違い。今回: { $here }。正常時: { $there }。
deed-none = それ以上何も起きない
deed-started = { $file } が開始される
deed-installed = { $file } が { $protocol } をインストールする
deed-registered = { $file } が { $handler } を登録する
deed-returned = { $file } が { $status } を返す
deed-locked = SMRAM がロックされる

why-type = タイプ { $kind } のため、{ $dialect } DEPEX を見ないディスパッチャーに渡されます。
why-undiscovered = どのディスパッチャーにも検出されませんでした。
why-not-requested = DEPEX が SOR で始まりますが、Schedule() で要求されていません。
why-malformed = DEPEX の形式が正しくないため FALSE とみなされます。{ $fault }
why-no-neighbour = BEFORE と AFTER にはドライバーのファイル GUID が必要です。{ $file } は該当しません。
why-neighbour-absent = { $file } の隣に置かれていますが、そのファイル自体がロードされていません。
why-cycle = 互いに待ち合っています: { $ring }。どれも最初になれません。
why-false = DEPEX は最後まで FALSE で、他の値にはなりえません。
why-missing = DEPEX は最後まで FALSE でした。足りないもの: { $list }。
why-behind-lock = 順番が来たときには、{ $by } がすでにロックを要求していました。
why-late = { $by } がロックを要求した後で、ようやく準備が整いました。待っていたもの: { $what }。
why-after = 最後のラウンドの後で準備が整いました。待っていたもの: { $what }。
why-stalled = { $file } が戻らなかったため、順番が来ませんでした。
why-never-returned = 開始されましたが、戻りませんでした。
why-failed = 開始できないか、失敗しました: { $status }。
why-failed-apriori = 必要なものが揃う前に、アプリオリリストによって開始されました: { $status }。
why-apriori-absent = アプリオリリストに名前がありますが、ボリュームにありません。
why-apriori-type = アプリオリリストに名前がありますが、タイプ { $kind } のファイルを扱うディスパッチャーはありません。
missing-from = { $what }（{ $file } がインストールするはず）
missing-dropped = { $what }（{ $file } がインストールするはずだが、このイメージにない）
missing-core = { $what }（後でインストールされる）
missing-nobody = { $what }（このイメージでは誰もインストールしない）

edit-refused = 編集 { $nth }（{ $op }、{ $file }）は実行できません: { $why } 何も変更されていません。
edit-no-file = イメージにそのファイルはありません。
edit-other-volume = ファイルは同じボリュームの中でしか移動できません。
edit-no-depex = その DEPEX セクションはありません。
edits-unreadable = 編集リストを読めません: { $why }
image-failed = フラッシュイメージ { $what } を取得できませんでした。ページを再読み込みしてください。
image-refused = このイメージは使えません: { $why }
file-unknown = { $name } はフラッシュイメージでも編集リストでもありません。何も変更されていません。
link-version = このリンクのバージョン「{ $version }」には対応していません。ボードはそのままです。
link-image = このリンクはイメージ「{ $image }」用ですが、このページにはありません。ボードはそのままです。
link-build = このリンクはビルド「{ $build }」を指していますが、あるのは debug と release だけです。ボードはそのままです。
link-damaged = リンクが壊れています（{ $part }）。途中で切れたか、書き換えられています。ボードはそのままです。

log-level = ログの最低レベル
log-silent = このビルドは何も出力しません。ドライバーがいないことの手がかりは、応答しないサービスだけです。

ring = サービスを呼び出す
ring-title = ソフトウェア SMI { $value }（{ $name } のサービス）を発生させる
command-line = OS へのコマンド
say = 送信
waiting = …

code-asm = 実行された命令
code-source = ソース
code-no-source = このアドレスに対応するソースはありません。
code-none = 一時停止すると、命令とソースがここに表示されます。
