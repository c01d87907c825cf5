namespace Grid.Storage.Tests.Lake.Tables;

/// <summary>The process ended here: nothing catches it.</summary>
internal sealed class LakeKilledException() : Exception("killed");
