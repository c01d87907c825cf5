namespace Grid.Storage.Remote;

/// <summary>The indexes that were used last, up to so many bytes on a node. Thread safe.</summary>
internal sealed class RemoteIndexes(long bytesMax)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LinkedListNode<(string Name, RemoteIndex Index)>> _byName = [];
    private readonly LinkedList<(string Name, RemoteIndex Index)> _byUse = [];
    private long _bytes;

    public RemoteIndex? Find(string name)
    {
        lock (_lock)
        {
            if (!_byName.TryGetValue(name, out var node))
                return null;
            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Index;
        }
    }

    /// <summary>Keeps an index; those that were not used for the longest time make room. One that is larger than all the room is not kept.</summary>
    public void Add(string name, RemoteIndex index)
    {
        lock (_lock)
        {
            if (index.Bytes > bytesMax || _byName.ContainsKey(name))
                return;
            _byName[name] = _byUse.AddFirst((name, index));
            for (_bytes += index.Bytes; _bytes > bytesMax;)
            {
                var (oldest, dropped) = _byUse.Last!.Value;
                _byUse.RemoveLast();
                _byName.Remove(oldest);
                _bytes -= dropped.Bytes;
            }
        }
    }
}
