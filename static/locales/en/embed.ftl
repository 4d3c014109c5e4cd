# A figure in somebody’s page, by the tag <smm-lab>.
embed-unknown-scene = There is no scene “{ $scene }”. There are: { $known }.
