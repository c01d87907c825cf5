using Grid.Abstractions;
using Grid.Client.Tables;

namespace Grid.Client.Writing;

/// <summary>
/// The pipes of the partitions that a writer writes to. Beyond a number, those that have nothing to do are closed, the least recently used first; when rows come for them again they begin anew, under a writer id of
/// their own. Thread safe.
/// </summary>
internal sealed class PartitionPipes(Func<TableHandle, PipeSet> open) : IDisposable
{
    /// <summary>Partitions whose pipes are kept whether they have something to do or not: a pipe keeps the memory of the last frame that it gathered.</summary>
    public const int KeptMax = 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<PartitionId, LinkedListNode<PipeSet>> _byPartition = [];
    private readonly LinkedList<PipeSet> _byUse = new();

    /// <summary>The pipes of a partition, until <see cref="Return"/>.</summary>
    public PipeSet Take(TableHandle partition)
    {
        List<PipeSet>? idle = null;
        PipeSet taken;
        lock (_lock)
        {
            if (_byPartition.TryGetValue(partition.Partition, out var known))
                _byUse.Remove(known);
            else
                idle = CloseIdle();
            known = _byUse.AddLast(known?.Value ?? open(partition));
            _byPartition[partition.Partition] = known;
            taken = known.Value;
            taken.Users++;
        }

        idle?.ForEach(static pipes => pipes.Dispose());
        return taken;
    }

    public void Return(PipeSet pipes)
    {
        lock (_lock)
            pipes.Users--;
    }

    public void Flush()
    {
        PipeSet[] all;
        lock (_lock)
            all = [.. _byUse];
        foreach (var pipes in all)
            pipes.Flush();
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var pipes in _byUse)
                pipes.Dispose();
            _byUse.Clear();
            _byPartition.Clear();
        }
    }

    /// <summary>Takes those out that nobody uses and that have nothing to do, as long as there are too many.</summary>
    private List<PipeSet> CloseIdle()
    {
        var closed = new List<PipeSet>();
        for (var node = _byUse.First; node is not null && _byUse.Count >= KeptMax;)
        {
            var next = node.Next;
            if (node.Value is { Users: 0, IsIdle: true } pipes)
            {
                _byUse.Remove(node);
                _byPartition.Remove(pipes.Partition);
                closed.Add(pipes);
            }

            node = next;
        }

        return closed;
    }
}
