# Bảng dispatch, console và log. Tên protocol, module và thanh ghi không dịch.
nav = Các trang
nav-board = Bảng dispatch

board-title = Bảng dispatch
board-intro = Các driver của một image flash thật, theo đúng thứ tự. Sửa một phụ thuộc, kéo một driver ra sau vạch khóa, khởi động rồi gọi dịch vụ của nó. Máy làm đúng những gì image nói.
panel-files = Dispatch
panel-console = Console của OS
panel-log = Log firmware
panel-machine = Máy
panel-memory = Bộ nhớ
memory-address = Địa chỉ vật lý
memory-look = Xem
memory-wrong = Địa chỉ là một số thập lục phân: F00000, 0xF00000, F00000h.
memory-places = Các vị trí
memory-none = Hãy khởi động máy, rồi xem được bộ nhớ của nó.
memory-both = cả hai
memory-hidden = Ở đây hệ điều hành đọc được khác với SMM.
memory-same = Ở đây hệ điều hành và SMM đọc được như nhau.
memory-since = Được đánh dấu: những gì đã đổi kể từ t = { $time } ns.
memory-back = Lùi
memory-on = Tiếp
machine-none = Gõ một lệnh cho OS, chẳng hạn “smi 43”, và đường đi của SMI đó sẽ hiện ở đây.

build = Bản build
build-boot = Build và khởi động
undo = Hoàn tác
redo = Làm lại
copy-link = Chép liên kết tới bảng này
link-copied = Đã chép liên kết.
link-not-copied = Trình duyệt không cho trang này dùng clipboard.
import-file = Mở một image flash hoặc một danh sách sửa đổi
export = Lưu image flash
edits = Các sửa đổi
edits-clear = Làm lại từ đầu
edit-out = Rút lại: { $edit }
edits-count = { $count } sửa đổi
post-now = Mã POST { $code }
post-codes = Các mã POST của lần khởi động này

files-loading = Đang tải image flash …
volume = Volume { $at }
volume-files = { $count } tệp
grip = Di chuyển { $name }
grip-help = Phím cách cầm tệp lên và đặt xuống, phím mũi tên di chuyển, Escape trả về chỗ cũ. Alt cùng phím mũi tên di chuyển ngay.
grip-taken = Đang cầm { $name }.
grip-moved = { $name }: vị trí { $place } trên { $count }.
grip-cancelled = { $name } đã về chỗ cũ.
never-loaded = không được nạp
differs = khác biệt đầu tiên
ran-at = được dispatch thứ { $nth }, ở vòng { $round }, lúc { $time } ns
locked-at = t = { $time } ns · không nhận thêm driver SMM
apriori = A priori
apriori-up = Đưa { $name } lên sớm hơn
apriori-down = Đưa { $name } xuống muộn hơn
apriori-out = Bỏ { $name } khỏi danh sách a priori

file-type = Loại
drop-file = Bỏ tệp
ran = Dispatch
returned = Trả về
produced = Protocol
registered = SMI handler
never-found = Không dispatcher nào phát hiện tệp này.
evaluations = Dispatcher đã đánh giá ra sao
round = Vòng { $round }
by-apriori = A priori
apriori-unasked = Tệp a priori nêu tên nó: DEPEX của nó không được xét đến.
opcode = Opcode
instruction = Lệnh
there = Đã cài đặt
stack = Ngăn xếp

pcd = Các PCD
pcd-of = Các PCD của { $file }
pcd-set = Đặt { $word }
pcd-given = Trả về { $value }
pcd-number = Cần một số từ 0 đến 4294967295: 255, 0xFF hoặc FFh.

depex-mode = DEPEX dưới dạng
depex-text = Văn bản
depex-hex = Opcode
depex-of = DEPEX của { $file }
depex-names = Các tên
depex-set = Đặt
depex-set-anyway = Vẫn đặt
depex-reset = Bỏ thay đổi
depex-bootable = Vẫn có thể khởi động để xem dispatcher làm gì.
depex-at = Tại offset { $offset }: { $why }
depex-at-opcode = Tại offset { $offset }, opcode { $opcode }: { $why }
depex-empty = biểu thức phụ thuộc không bao giờ rỗng; ngắn nhất là TRUE END.
depex-no-end = thiếu END; dispatcher sẽ đọc quá cuối biểu thức.
depex-unknown = không có opcode này.
depex-cut = BEFORE, AFTER và PUSH cần một GUID dài 16 byte, nhưng biểu thức kết thúc trước đó.
depex-not-alone = BEFORE và AFTER phải đứng đầu, theo sau là một GUID của tệp và END.
depex-sor = SOR phải đứng đầu, trước một biểu thức.
depex-dialect = dispatcher { $dialect } không biết opcode này.
depex-underflow = phép toán cần nhiều giá trị hơn số có trên ngăn xếp.
depex-overflow = ngăn xếp đã đầy.
depex-left = END cần đúng một giá trị trên ngăn xếp, ở đây có { $count }. Thiếu một AND hoặc OR.
depex-behind-end = có { $count } byte sau END; không ai đọc chúng.
text-at = Dòng { $line }, cột { $column }: { $why }
text-no-opcode = “{ $word }” không phải opcode. Có PUSH, AND, OR, NOT, TRUE, FALSE, BEFORE, AFTER, SOR và END.
text-no-operand = { $opcode } cần một GUID hoặc một tên theo sau.
text-unknown = “{ $name }” không phải GUID, cũng không phải tên đã biết.
text-unknown-near = “{ $name }” không phải tên đã biết. Ý bạn là { $near }?
text-hex = cần các cặp chữ số thập lục phân.

outcome = Kết quả khởi động
booting = Đang khởi động: { $time } ns theo đồng hồ máy
not-booted = Chưa khởi động.
stale = Image đã đổi so với lần khởi động trước. Nhấn “Build và khởi động” để xem kết quả.
out-ok = đã khởi động
out-bad = không khởi động được
out-prompt = OS chờ lệnh sau { $time } ns và { $instructions } lệnh máy.
out-hung = Máy treo ở POST { $post } (t = { $time } ns).
out-shutdown = CPU rơi vào shutdown lúc t = { $time } ns: { $why }
out-exit = Firmware kết thúc với mã { $value } (t = { $time } ns).
out-endless = Máy không bao giờ tới dấu nhắc; mã POST cuối là { $post }.
out-off = Máy đã tắt (t = { $time } ns).
never-locked = Không ai yêu cầu SmmReadyToLock: SMRAM chưa bị khóa.
no-difference = Các driver chạy giống hệt lần khởi động lành lặn.
difference = Khác biệt đầu tiên so với lần khởi động lành lặn. Ở đây: { $here }. Ở đó: { $there }.
deed-none = không còn gì nữa
deed-started = { $file } được chạy
deed-installed = { $file } cài đặt { $protocol }
deed-registered = { $file } đăng ký { $handler }
deed-returned = { $file } trả về { $status }
deed-locked = SMRAM bị khóa

why-type = Loại { $kind } đưa nó tới một dispatcher không xét DEPEX { $dialect } của nó.
why-undiscovered = Không dispatcher nào phát hiện ra nó.
why-not-requested = DEPEX của nó bắt đầu bằng SOR, nhưng không ai yêu cầu nó bằng Schedule().
why-malformed = DEPEX của nó sai định dạng, nên bị coi là FALSE. { $fault }
why-no-neighbour = BEFORE và AFTER cần GUID của tệp driver; { $file } không phải là tệp như vậy.
why-neighbour-absent = Nó đứng cạnh { $file }, mà tệp đó cũng không được nạp.
why-cycle = Chúng chờ lẫn nhau: { $ring }. Không driver nào chạy trước được.
why-false = DEPEX của nó là FALSE tới cuối và không thể khác được.
why-missing = DEPEX của nó là FALSE tới cuối. Còn thiếu: { $list }.
why-behind-lock = Đến lượt nó thì { $by } đã yêu cầu khóa.
why-late = Nó chỉ sẵn sàng sau khi { $by } đã yêu cầu khóa; nó chờ { $what }.
why-after = Nó sẵn sàng sau vòng cuối cùng; nó chờ { $what }.
why-stalled = Dispatcher không bao giờ tới lượt nó: { $file } không trả về.
why-never-returned = Nó đã chạy và không trả về.
why-failed = Không chạy được, hoặc báo lỗi: { $status }.
why-failed-apriori = Danh sách a priori cho nó chạy trước khi thứ nó cần có mặt: { $status }.
why-apriori-absent = Danh sách a priori nêu tên nó, nhưng nó không có trong volume.
why-apriori-type = Danh sách a priori nêu tên nó, nhưng không dispatcher nào nhận tệp loại { $kind }.
missing-from = { $what }, do { $file } cài đặt
missing-dropped = { $what }, do { $file } cài đặt, mà tệp đó không có trong image này
missing-core = { $what }, đến sau
missing-nobody = { $what }, không ai trong image này cài đặt

edit-refused = Sửa đổi { $nth } ({ $op }) trên { $file } không thực hiện được: { $why } Không có gì thay đổi.
edit-no-file = trong image không có tệp này.
edit-other-volume = tệp chỉ di chuyển được trong volume của nó.
edit-no-depex = nó không có phần DEPEX như vậy.
edits-unreadable = Không đọc được các sửa đổi này: { $why }
image-failed = Không tải được image flash { $what }. Hãy tải lại trang.
image-refused = Không dùng được image này: { $why }
file-unknown = { $name } không phải image flash, cũng không phải danh sách sửa đổi. Không có gì thay đổi.
link-version = Liên kết này thuộc phiên bản “{ $version }” mà trang này không biết. Bảng giữ nguyên.
link-image = Liên kết này dành cho image “{ $image }” mà trang này không có. Bảng giữ nguyên.
link-build = Liên kết này nêu bản build “{ $build }”; chỉ có debug và release. Bảng giữ nguyên.
link-damaged = Liên kết này bị hỏng ({ $part }): bị cắt hoặc bị sửa. Bảng giữ nguyên.

log-level = Mức log thấp nhất
log-silent = Bản build này không in ra gì. Dấu hiệu duy nhất của một driver vắng mặt là dịch vụ không trả lời.

ring = Gọi một dịch vụ
ring-title = Phát SMI phần mềm { $value }, dịch vụ của { $name }
command-line = Lệnh cho OS
say = Gửi
waiting = …

code-asm = Các lệnh đã thực thi
code-source = Mã nguồn
code-no-source = Địa chỉ này không có mã nguồn.
code-none = Tạm dừng, các lệnh cùng mã nguồn sẽ hiện ở đây.
