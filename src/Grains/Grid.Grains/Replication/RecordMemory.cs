using System.Diagnostics.CodeAnalysis;
using Grid.Abstractions;

namespace Grid.Grains.Replication;

/// <summary>
/// The bucket records that this node saw last, the least recently seen forgotten first. Only a hint for placing a bucket while the object store is away: who leads is
/// decided by the record itself. Thread safe.
/// </summary>
internal sealed class RecordMemory(int recordsMax)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<BucketId, LinkedListNode<(BucketId Bucket, BucketRecord Record)>> _byBucket = [];
    private readonly LinkedList<(BucketId Bucket, BucketRecord Record)> _byAge = new();

    /// <summary>Remembers a record, unless one of a higher epoch is known.</summary>
    public void Remember(BucketId bucket, BucketRecord record)
    {
        lock (_lock)
        {
            if (_byBucket.Remove(bucket, out var known))
            {
                _byAge.Remove(known);
                if (known.Value.Record.Epoch > record.Epoch)
                    record = known.Value.Record;
            }

            _byBucket[bucket] = _byAge.AddLast((bucket, record));
            if (_byBucket.Count > recordsMax)
            {
                _byBucket.Remove(_byAge.First!.Value.Bucket);
                _byAge.RemoveFirst();
            }
        }
    }

    /// <summary>Forgets a record that is gone.</summary>
    public void Forget(BucketId bucket)
    {
        lock (_lock)
            if (_byBucket.Remove(bucket, out var known))
                _byAge.Remove(known);
    }

    public bool TryFind(BucketId bucket, [NotNullWhen(true)] out BucketRecord? record)
    {
        lock (_lock)
            record = _byBucket.TryGetValue(bucket, out var known) ? known.Value.Record : null;
        return record is not null;
    }
}
