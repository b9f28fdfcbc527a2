# Types lines into an interactive shell, each with a tab after it, and writes into a file what became of them:
#   zsh -f press.zsh OUT SHELL [ARG...] < LINES
# A line that begins with ! is a command that sets the shell up.
zmodload zsh/zpty || exit
out=$1
shift
: >$out
zpty shell "$@"
typeset -i want=0
while IFS= read -r line; do
  if [[ $line == !* ]]; then
    zpty -w shell "${line#!}"
    continue
  fi
  zpty -w -n shell "$line"$'\t'
  sleep 1.5 # the node is asked for at most a second
  zpty -w -n shell $'\x01echo \x05 >> '$out$'\r'
  (( want++ ))
  for i in {1..100}; do
    (( $(wc -l <$out) >= want )) && break
    sleep 0.1
  done
done
zpty -d shell
