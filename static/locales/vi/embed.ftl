# A figure in somebody’s page, by the tag <smm-lab>.
embed-unknown-scene = Không có cảnh “{ $scene }”. Các cảnh có sẵn: { $known }.
