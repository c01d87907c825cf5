using System.Buffers;
using Grid.Abstractions;

namespace Grid.Client.Partitions;

/// <summary>Rows numbered by their partition: the different partitions of some rows, and for each row which of them is its own. Pooled: dispose to return the memory.</summary>
internal readonly struct PartitionRows : IDisposable
{
    private readonly int[] _ordinals;

    /// <summary>Numbers rows by the encoded values of their partition columns.</summary>
    public PartitionRows(EncodedKeys keys)
    {
        _ordinals = ArrayPool<int>.Shared.Rent(keys.Count);
        Count = keys.Count;
        Keys = [];
        Dictionary<byte[], int>? known = null;
        for (int row = 0, last = -1; row < keys.Count; row++)
        {
            // Rows of one partition mostly come one after another.
            var key = keys[row];
            if (last < 0 || !key.SequenceEqual(Keys[last]))
            {
                known ??= new Dictionary<byte[], int>(KeyBytes.Comparer);
                var lookup = known.GetAlternateLookup<ReadOnlySpan<byte>>();
                if (!lookup.TryGetValue(key, out last))
                {
                    lookup[key] = last = Keys.Count;
                    Keys.Add(key.ToArray());
                }
            }

            _ordinals[row] = last;
        }
    }

    /// <summary>Number of rows.</summary>
    public int Count { get; }

    /// <summary>The encoded values of each partition, in the order in which they first come.</summary>
    public List<byte[]> Keys { get; }

    /// <summary>For each row the number of its partition in <see cref="Keys"/>.</summary>
    public ReadOnlySpan<int> Ordinals => _ordinals.AsSpan(0, Count);

    public void Dispose() => ArrayPool<int>.Shared.Return(_ordinals);
}
